/* message.c - see message.h. Both languages stand side by side; "{}" is where the value goes. */
#include "services/elections/message.h"
#include "base/page.h"
#include "services/elections/demande_rules.h"

enum { TEXT_MAX = 16 * 1024, DATE_MAX = 128 };
#define NBSP "\u00a0"

struct letter { struct arena *arena; int lang; struct buf *text; };

static struct str worded(const struct letter *l, const char *fr, const char *en, struct str value)
{
	struct str text = str_from_c(l->lang == PAGE_EN ? en : fr);
	size_t at = str_index(text, '{');

	return arena_concat(l->arena, (struct str[]){ str_slice(text, 0, at), at < text.n ? value : STR_NONE, str_slice(text, at + 2, text.n) }, 3);
}

static void line(struct letter *l, const char *fr, const char *en, struct str value)
{
	kit_mail_wrap(l->text, worded(l, fr, en, value));
}

static void paragraph(struct letter *l, const char *fr, const char *en, struct str value)
{
	line(l, fr, en, value);
	buf_add_char(l->text, '\n');
}

static struct str dated(const struct letter *l, void (*page_fn)(struct buf *out, int lang, int64_t t_s), int64_t t_s)
{
	AUTO(buf_done) struct buf b;

	buf_init(&b, DATE_MAX);
	page_fn(&b, l->lang, t_s);
	return arena_dup(l->arena, buf_str(&b));
}

/* A telephone number stays on one line. */
static struct str unbroken(struct arena *a, struct str s)
{
	struct str out = STR_NONE, part;

	while (str_split(&s, ' ', &part))
		out = arena_concat(a, (struct str[]){ out, out.n ? STR(NBSP) : STR_NONE, part }, 3);
	return out;
}

static void filing_lines(struct letter *l, struct str number, int64_t filed_at_s)
{
	paragraph(l, "Bonjour,", "Hello,", STR_NONE);
	paragraph(l, "Votre demande d’inscription sur la liste électorale est enregistrée. Elle n’est pas encore acceptée" NBSP ": un agent va l’examiner.",
		"Your request to be registered on the electoral roll is recorded. It is not accepted yet: an officer will examine it.", STR_NONE);
	line(l, "Numéro de la demande" NBSP ": {}", "Number of the request: {}", number);
	paragraph(l, "Reçue le {} (heure de Paris)", "Received on {} (Paris time)", dated(l, page_datetime, filed_at_s));
}

static void next_lines(struct letter *l, int64_t filed_at_s)
{
	paragraph(l, "Et maintenant" NBSP "?", "What happens now?", STR_NONE);
	paragraph(l, "Gardez sous la main une pièce d’identité et un justificatif de domicile" NBSP ": le service vous les demandera.",
		"Keep proof of identity and a proof of address at hand: the service will ask you for them.", STR_NONE);
	paragraph(l, "La mairie décide au plus tard le {}, et sa décision vous est annoncée dans les deux jours qui suivent.",
		"The town hall decides on {} at the latest, and you are told of it within the next two days.",
		dated(l, page_day, el_decide_by_s(filed_at_s)));
}

static void closing_lines(struct letter *l, const struct el_notice *n, struct str number)
{
	struct str url = arena_concat(l->arena, (struct str[]){ n->public_url, STR("/demande?numero="), number }, 3);

	line(l, "Pour suivre votre demande, après connexion" NBSP ":", "To follow your request, after signing in:", STR_NONE);
	paragraph(l, "{}", "{}", url);
	if (n->phone.n)
		paragraph(l, "Une question" NBSP "? Appelez le {} en donnant le numéro de la demande.",
			"A question? Call {} and give the number of the request.", unbroken(l->arena, n->phone));
	paragraph(l, "Vous n’avez rien demandé" NBSP "? Quelqu’un s’est trompé d’adresse" NBSP ": vous n’avez rien à faire.",
		"You have not asked for anything? Somebody mistyped an address: there is nothing for you to do.", STR_NONE);
	line(l, "{}", "{}", n->town);
	paragraph(l, "{}", "{}", n->service);
	line(l, "Ce message est envoyé par une machine" NBSP ": personne ne lit les réponses.", "This message is sent by a machine: nobody reads replies.",
		STR_NONE);
}

struct err el_message_recorded(struct arena *a, const struct el_notice *n, struct str to, struct str number, int64_t filed_at_s,
	struct kit_mail *ret_mail)
{
	AUTO(buf_done) struct buf text;
	struct letter l = { a, n->lang, &text };

	buf_init(&text, TEXT_MAX);
	filing_lines(&l, number, filed_at_s);
	next_lines(&l, filed_at_s);
	closing_lines(&l, n, number);
	TRY(buf_err(&text));
	*ret_mail = (struct kit_mail){ .id = number, .to = to, .queued_at_s = filed_at_s, .text = arena_dup(a, buf_str(&text)),
		.subject = worded(&l, "Demande {} enregistrée" NBSP ": inscription sur la liste électorale",
			"Request {} recorded: registration on the electoral roll", number) };
	return NO_ERR;
}
