/* letter.c - see letter.h. */
#include "services/kit/letter.h"

enum { TEXT_MAX = 16 * 1024, DATE_MAX = 128 };

struct kit_notice kit_notice_of(const struct kit *k, const struct http_req *req)
{
	const struct kit_settings *s = kit_settings(k);

	return (struct kit_notice){ (int)req->lang, s->public_url, s->town_name, s->service_name, s->town_phone };
}

void kit_letter_begin(struct kit_letter *l, struct arena *a, const struct kit_notice *from)
{
	*l = (struct kit_letter){ .arena = a, .from = from };
	buf_init(&l->text, TEXT_MAX);
}

static struct str worded(const struct kit_letter *l, const char *fr, const char *en, struct str value)
{
	struct str text = str_from_c(l->from->lang == PAGE_EN ? en : fr);
	size_t at = str_index(text, '{');

	return arena_concat(l->arena, (struct str[]){ str_slice(text, 0, at), at < text.n ? value : STR_NONE, str_slice(text, at + 2, text.n) }, 3);
}

void kit_letter_line(struct kit_letter *l, const char *fr, const char *en, struct str value)
{
	kit_mail_wrap(&l->text, worded(l, fr, en, value));
}

void kit_letter_paragraph(struct kit_letter *l, const char *fr, const char *en, struct str value)
{
	kit_letter_line(l, fr, en, value);
	buf_add_char(&l->text, '\n');
}

void kit_letter_follow(struct kit_letter *l, struct str number)
{
	struct str url = arena_concat(l->arena, (struct str[]){ l->from->public_url, STR("/demande?numero="), number }, 3);

	kit_letter_line(l, "Pour suivre votre demande, après connexion" KIT_NBSP ":", "To follow your request, after signing in:", STR_NONE);
	kit_letter_paragraph(l, "{}", "{}", url);
}

/* A telephone number stays on one line. */
static struct str unbroken(struct arena *a, struct str s)
{
	struct str out = STR_NONE, part;

	while (str_split(&s, ' ', &part))
		out = arena_concat(a, (struct str[]){ out, out.n ? STR(KIT_NBSP) : STR_NONE, part }, 3);
	return out;
}

void kit_letter_closing(struct kit_letter *l)
{
	const struct kit_notice *n = l->from;

	if (n->phone.n)
		kit_letter_paragraph(l, "Une question" KIT_NBSP "? Appelez le {} en donnant le numéro de la demande.",
			"A question? Call {} and give the number of the request.", unbroken(l->arena, n->phone));
	kit_letter_paragraph(l, "Vous n’avez rien demandé" KIT_NBSP "? Quelqu’un s’est trompé d’adresse" KIT_NBSP ": vous n’avez rien à faire.",
		"You have not asked for anything? Somebody mistyped an address: there is nothing for you to do.", STR_NONE);
	kit_letter_line(l, "{}", "{}", n->town);
	kit_letter_paragraph(l, "{}", "{}", n->service);
	kit_letter_line(l, "Ce message est envoyé par une machine" KIT_NBSP ": personne ne lit les réponses.",
		"This message is sent by a machine: nobody reads replies.", STR_NONE);
}

struct err kit_letter_end(struct kit_letter *l, const char *subject_fr, const char *subject_en, struct str value, struct kit_mail *ret_mail)
{
	AUTO(buf_done) struct buf text = l->text;

	l->text = (struct buf){ 0 };
	TRY(buf_err(&text));
	ret_mail->subject = worded(l, subject_fr, subject_en, value);
	ret_mail->text = arena_dup(l->arena, buf_str(&text));
	return NO_ERR;
}

static struct str dated(const struct kit_letter *l, void (*page_fn)(struct buf *out, int lang, int64_t t_s), int64_t t_s)
{
	AUTO(buf_done) struct buf b;

	buf_init(&b, DATE_MAX);
	page_fn(&b, l->from->lang, t_s);
	return arena_dup(l->arena, buf_str(&b));
}

struct str kit_letter_day(const struct kit_letter *l, int64_t t_s)
{
	return dated(l, page_day, t_s);
}

struct str kit_letter_instant(const struct kit_letter *l, int64_t t_s)
{
	return dated(l, page_datetime, t_s);
}
