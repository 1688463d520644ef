/* message.c - see message.h. */
#include "services/petite-enfance/message.h"

static void filing_lines(struct kit_letter *l, const struct kit_demande *d)
{
	kit_letter_paragraph(l, "Bonjour,", "Hello,", STR_NONE);
	kit_letter_paragraph(l, "Votre demande de préinscription en crèche est enregistrée. Ce n’est pas encore une place" KIT_NBSP
		": la commission des admissions décide.",
		"Your nursery pre-registration request is recorded. It is not a place yet: the admissions committee decides.", STR_NONE);
	kit_letter_line(l, "Numéro de la demande" KIT_NBSP ": {}", "Number of the request: {}", d->number);
	kit_letter_paragraph(l, "Reçue le {} (heure de Paris)", "Received on {} (Paris time)", kit_letter_instant(l, d->filed_at_s));
}

static void next_lines(struct kit_letter *l)
{
	kit_letter_paragraph(l, "Et maintenant" KIT_NBSP "?", "What happens now?", STR_NONE);
	kit_letter_paragraph(l, "Le service petite enfance examine votre demande, et vous appelle ou vous écrit s’il manque quelque chose."
		" Il vous annonce ensuite la réponse de la commission.",
		"The early childhood service examines your request, and calls you or writes to you if something is missing."
		" It then tells you what the committee decided.", STR_NONE);
}

struct err pe_message_recorded(struct arena *a, const struct kit_notice *n, const struct kit_demande *d, struct kit_mail *ret_mail)
{
	struct kit_letter l;

	kit_letter_begin(&l, a, n);
	filing_lines(&l, d);
	next_lines(&l);
	kit_letter_follow(&l, d->number);
	kit_letter_closing(&l);
	return kit_letter_end(&l, "Demande {} enregistrée" KIT_NBSP ": préinscription en crèche", "Request {} recorded: nursery pre-registration",
		d->number, ret_mail);
}
