/* message.c - see message.h. */
#include "services/etat-civil/message.h"

static struct str act(const struct kit_notice *n, enum ec_kind kind)
{
	static const struct { const char *fr, *en; } names[EC_KINDS] = {
		[EC_COPIE] = { "copie intégrale d’un acte de naissance", "full copy of a birth certificate" },
		[EC_EXTRAIT] = { "extrait d’acte de naissance sans filiation", "extract of a birth certificate, without parents" },
		[EC_DECES] = { "acte de décès", "death certificate" },
	};

	return str_from_c(n->lang == PAGE_EN ? names[kind].en : names[kind].fr);
}

static void filing_lines(struct kit_letter *l, enum ec_kind kind, const struct kit_demande *d)
{
	kit_letter_paragraph(l, "Bonjour,", "Hello,", STR_NONE);
	kit_letter_line(l, "Votre demande est enregistrée" KIT_NBSP ": {}.", "Your request is recorded: {}.", act(l->from, kind));
	kit_letter_paragraph(l, "Un agent va chercher l’acte, puis vous l’envoyer par la poste. C’est gratuit.",
		"An officer will look for it, then send it to you by post. It is free.", STR_NONE);
	kit_letter_line(l, "Numéro de la demande" KIT_NBSP ": {}", "Number of the request: {}", d->number);
	if (d->follow_up.n)
		kit_letter_line(l, "Code de suivi" KIT_NBSP ": {}", "Follow-up code: {}", d->follow_up);
	kit_letter_paragraph(l, "Reçue le {} (heure de Paris)", "Received on {} (Paris time)", kit_letter_instant(l, d->filed_at_s));
}

static void code_lines(struct kit_letter *l)
{
	struct str url = arena_concat(l->arena, (struct str[]){ l->from->public_url, STR("/suivi") }, 2);

	kit_letter_line(l, "Pour suivre votre demande, avec le numéro et le code" KIT_NBSP ":",
		"To follow your request, with the number and the code:", STR_NONE);
	kit_letter_paragraph(l, "{}", "{}", url);
	kit_letter_paragraph(l, "Gardez ce message" KIT_NBSP ": sans le code, personne ne peut suivre cette demande.",
		"Keep this message: without the code nobody can follow this request.", STR_NONE);
}

struct err ec_message_recorded(struct arena *a, const struct kit_notice *n, enum ec_kind kind, const struct kit_demande *d,
	struct kit_mail *ret_mail)
{
	struct kit_letter l;

	kit_letter_begin(&l, a, n);
	filing_lines(&l, kind, d);
	if (d->follow_up.n)
		code_lines(&l);
	else
		kit_letter_follow(&l, d->number);
	kit_letter_closing(&l);
	return kit_letter_end(&l, "Demande {} enregistrée" KIT_NBSP ": état civil", "Request {} recorded: civil registry", d->number, ret_mail);
}
