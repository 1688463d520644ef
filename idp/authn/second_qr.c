/* second_qr.c - see second_qr.h. One path of unit squares: no style attribute, so that the pages' policy
 * needs no exception; black on white in dark mode too, or cameras would not read it. */
#include "idp/authn/second_qr.h"
#include "base/page.h"
#include <qrencode.h>

enum { MARGIN = 4, TEXT_MAX = 1024, SVG_MAX = 128 * 1024 };

static void add_path(struct buf *b, const QRcode *code)
{
	for (int y = 0; y < code->width; y++)
		for (int x = 0; x < code->width; x++) {
			int from = x;

			while (x < code->width && code->data[y * code->width + x] & 1)
				x++;
			if (x > from)
				buf_addf(b, "M%d %dh%dv1h-%dz", from + MARGIN, y + MARGIN, x - from, x - from);
		}
}

struct str qr_svg(struct arena *a, struct str text, struct str label)
{
	QRcode *code = text.n <= TEXT_MAX ? QRcode_encodeString8bit(arena_c(a, text), 0, QR_ECLEVEL_M) : NULL;
	struct str out;
	struct buf b;
	int side;

	if (!code)
		return STR_NONE;
	side = code->width + 2 * MARGIN;
	buf_init(&b, SVG_MAX);
	buf_addf(&b, "<svg class=\"qr\" role=\"img\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" aria-label=\"", side, side, side * 5, side * 5);
	page_attr(&b, label);
	buf_addf(&b, "\"><rect width=\"%d\" height=\"%d\" fill=\"#fff\"/><path fill=\"#000\" d=\"", side, side);
	add_path(&b, code);
	buf_add_c(&b, "\"/></svg>");
	/* It holds the secret. */
	explicit_bzero(code->data, (size_t)(code->width * code->width));
	QRcode_free(code);
	out = arena_dup(a, buf_str(&b));
	buf_done(&b);
	return out;
}
