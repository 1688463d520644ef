/* message.c - see message.h. */
#include "services/elections/message.h"
#include "services/elections/demande_rules.h"

static void filing_lines(struct kit_letter *l, const struct kit_demande *d)
{
	kit_letter_paragraph(l, "Bonjour,", "Hello,", STR_NONE);
	kit_letter_paragraph(l, "Votre demande d’inscription sur la liste électorale est enregistrée. Elle n’est pas encore acceptée" KIT_NBSP
		": un agent va l’examiner.",
		"Your request to be registered on the electoral roll is recorded. It is not accepted yet: an officer will examine it.", STR_NONE);
	kit_letter_line(l, "Numéro de la demande" KIT_NBSP ": {}", "Number of the request: {}", d->number);
	kit_letter_paragraph(l, "Reçue le {} (heure de Paris)", "Received on {} (Paris time)", kit_letter_instant(l, d->filed_at_s));
}

static void next_lines(struct kit_letter *l, int64_t filed_at_s)
{
	kit_letter_paragraph(l, "Et maintenant" KIT_NBSP "?", "What happens now?", STR_NONE);
	kit_letter_paragraph(l, "Gardez sous la main une pièce d’identité et un justificatif de domicile" KIT_NBSP ": le service vous les demandera.",
		"Keep proof of identity and a proof of address at hand: the service will ask you for them.", STR_NONE);
	kit_letter_paragraph(l, "La mairie décide au plus tard le {}, et sa décision vous est annoncée dans les deux jours qui suivent.",
		"The town hall decides on {} at the latest, and you are told of it within the next two days.",
		kit_letter_day(l, el_decide_by_s(filed_at_s)));
}

struct err el_message_recorded(struct arena *a, const struct kit_notice *n, const struct kit_demande *d, struct kit_mail *ret_mail)
{
	struct kit_letter l;

	kit_letter_begin(&l, a, n);
	filing_lines(&l, d);
	next_lines(&l, d->filed_at_s);
	kit_letter_follow(&l, d->number);
	kit_letter_closing(&l);
	return kit_letter_end(&l, "Demande {} enregistrée" KIT_NBSP ": inscription sur la liste électorale",
		"Request {} recorded: registration on the electoral roll", d->number, ret_mail);
}
