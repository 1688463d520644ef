/* page_css.c - the town's colour, made legible, in front of the style sheet; see page.h.
 *
 * WCAG 2.1 1.4.3 asks for a contrast of 4.5:1 between text and ground. A town knows its colour, not
 * that number, so that the colour is darkened (light mode) or lightened (dark mode) until it holds.
 */
#include "base/page.h"

struct rgb { int r, g, b; };

static const struct rgb BLACK = { 0, 0, 0 }, WHITE = { 255, 255, 255 };
static const struct rgb GROUND_LIGHT = { 0xf1, 0xf0, 0xeb };  /* a little under --ground of guichet.css, for rounding */
static const struct rgb GROUND_DARK  = { 0x20, 0x26, 0x29 };  /* a little over --paper in dark mode */
static const struct rgb DEFAULT_COLOUR = { 0x0b, 0x5c, 0x61 };

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool rgb_parse(struct str s, struct rgb *ret_colour)
{
	int d[6];

	if (s.n != 7 || s.p[0] != '#')
		return false;
	for (int i = 0; i < 6; i++) {
		d[i] = hex_digit(s.p[i + 1]);
		if (d[i] < 0)
			return false;
	}
	*ret_colour = (struct rgb){ d[0] * 16 + d[1], d[2] * 16 + d[3], d[4] * 16 + d[5] };
	return true;
}

/* sRGB to linear light by a cubic that stays within 0.002 of the standard's curve: no libm. */
static double linear(int c)
{
	double x = c / 255.0;

	return x * (x * (x * 0.305306011 + 0.682171111) + 0.012522878);
}

static double luminance(struct rgb c)
{
	return 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
}

static double contrast(struct rgb a, struct rgb b)
{
	double x = luminance(a) + 0.05, y = luminance(b) + 0.05;

	return x > y ? x / y : y / x;
}

static struct rgb mix(struct rgb a, struct rgb b, int percent_of_b)
{
	return (struct rgb){
		(a.r * (100 - percent_of_b) + b.r * percent_of_b) / 100,
		(a.g * (100 - percent_of_b) + b.g * percent_of_b) / 100,
		(a.b * (100 - percent_of_b) + b.b * percent_of_b) / 100,
	};
}

static struct rgb legible(struct rgb colour, struct rgb ground, struct rgb towards)
{
	struct rgb c = colour;

	for (int percent = 5; percent <= 100 && contrast(c, ground) < 4.7; percent += 5)
		c = mix(colour, towards, percent);
	return c;
}

static void add_colours(struct buf *out, struct rgb colour, struct rgb dark, struct rgb tint)
{
	buf_addf(out, "--town:#%02x%02x%02x;--town-dark:#%02x%02x%02x;--town-tint:#%02x%02x%02x}",
		colour.r, colour.g, colour.b, dark.r, dark.g, dark.b, tint.r, tint.g, tint.b);
}

struct str page_css(struct arena *a, struct str colour, struct str colour_dark)
{
	struct rgb town = DEFAULT_COLOUR, under = BLACK, light;
	struct buf out;
	struct str css;

	(void)rgb_parse(colour, &town);
	light = legible(town, GROUND_DARK, WHITE);
	town = legible(town, GROUND_LIGHT, BLACK);
	if (!rgb_parse(colour_dark, &under) || contrast(under, WHITE) < 4.7)
		under = mix(town, BLACK, 28);
	buf_init(&out, 64 * 1024);
	buf_add_c(&out, ":root{");
	add_colours(&out, town, under, mix(town, WHITE, 90));
	buf_add_c(&out, "@media (prefers-color-scheme:dark){:root{");
	add_colours(&out, light, mix(light, WHITE, 35), mix(GROUND_DARK, light, 14));
	buf_add_c(&out, "}");
	buf_add(&out, page_stylesheet);
	css = arena_dup(a, buf_str(&out));
	buf_done(&out);
	return css;
}
