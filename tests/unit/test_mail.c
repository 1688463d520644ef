/* test_mail.c - the mail courier writes messages that say what was meant, to whom it was meant,
 * and tells what became of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include "roles/courier/mail_format.h"
#include "roles/courier/mail_send.h"
#include "tests/unit/tiny_server.h"

enum { NOON = 1800000000 };

static const struct str no_ca = STR_INIT("-");

static void expect(const char *name, struct err e, const char *slug)
{
	if (failed(e) != (slug != NULL) || (failed(e) && strcmp(e.slug, slug) != 0))
		fail_msg("%s: got %s", name, failed(e) ? e.slug : "accepted");
}

static struct mail mail_usual(void)
{
	return (struct mail){
		.from = STR("ne-pas-repondre@ville.example"), .from_name = STR("Ville de Clairval"), .to = STR("camille@example.org"),
		.subject = STR("Your code"), .text = STR("Bonjour,\n\nhttps://compte.example/a?b=c\n"), .id = STR("0123abcd"), .date_s = NOON,
	};
}

static struct str formatted(struct buf *b, const struct mail *m, const char *slug)
{
	buf_init(b, MAIL_MAX);
	expect("mail", mail_format(b, m), slug);
	buf_add_char(b, '\0');
	return buf_str(b);
}

static void a_message_has_its_headers(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct mail m = mail_usual();

	assert_string_equal(formatted(&b, &m, NULL).p,
		"Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n"
		"From: \"Ville de Clairval\"\r\n <ne-pas-repondre@ville.example>\r\n"
		"To: <camille@example.org>\r\nSubject: Your code\r\n"
		"Message-ID: <0123abcd@ville.example>\r\n"
		"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
		"Bonjour,\r\n\r\nhttps://compte.example/a?b=3Dc\r\n\r\n");
}

static void accents_travel_in_encoded_words_and_lines_stay_short(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct mail m = mail_usual();

	m.subject = STR("Votre démarche a été enregistrée, voici le reçu à conserver précieusement, été comme hiver");
	m.text = STR("é à la fin \nune ligne bien plus longue que soixante-seize caractères, qui doit être coupée en deux parties\n");
	struct str text = formatted(&b, &m, NULL), line;
	assert_non_null(strstr(text.p, "Subject: =?UTF-8?B?Vm90cmUgZMOpbWFyY2hl"));
	assert_non_null(strstr(text.p, "=C3=A9 =C3=A0 la fin=20\r\n"));
	while (str_split(&text, '\n', &line))
		assert_true(line.n <= 77);
}

static void no_header_can_be_slipped_in(void **state)
{
	static const char *const subjects[] = { "a\r\nBcc: x@y.example", "a\nb", "a\rb", "a\tb", "\xff", "a\x7f" };
	static const char *const people[] = {
		"", "x", "@", "x@", "@y", "x@y\r\nBcc: z@y", "x@y, z@y", "x@y z@y", "<x@y>", "x@y;", "x@@y", "x@y@z", "\"x\"@y", "x(c)@y",
		"x\\@y", "é@y.example", "-f@y", "x@.y", "x@[127.0.0.1]", "x@y\n",
	};

	for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
		AUTO(buf_done) struct buf b = { 0 };
		struct mail m = mail_usual();

		m.subject = str_from_c(subjects[i]);
		formatted(&b, &m, "mail.header");
	}
	for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
		AUTO(buf_done) struct buf b = { 0 };
		struct mail m = mail_usual();

		m.to = str_from_c(people[i]);
		formatted(&b, &m, "mail.address");
	}
	AUTO(buf_done) struct buf b = { 0 };
	struct mail m = mail_usual();
	m.subject = STR("=?UTF-8?Q?made_up?=");
	assert_null(strstr(formatted(&b, &m, NULL).p, "made_up"));
	buf_done(&b);
	m = mail_usual();
	m.text = STR("a\0b");
	formatted(&b, &m, "mail.text");
	buf_done(&b);
	m.text = STR("\xc3");
	formatted(&b, &m, "mail.text");
}

static void mail_into_a_folder_is_one_whole_file(void **state)
{
	char folder[] = "/tmp/guichet-test-mail-XXXXXX", path[512] = { 0 }, text[4096] = { 0 };
	struct mail_rules r = { .from = STR("a@ville.example") };
	AUTO(mailer_destroyp) struct mailer *m = NULL;
	struct fetch_mail message = { STR("camille@example.org"), STR("Été"), STR("Suivez https://compte.example/a?b=c\n") };
	struct dirent *entry;
	int files = 0;

	assert_non_null(mkdtemp(folder));
	r.folder = str_from_c(folder);
	assert_false(failed(mailer_create(&r, &m)));
	expect("sent", mail_send(m, &message, NOON), NULL);
	message.to = STR("camille@example.org\r\nBcc: x@y.example");
	expect("injection", mail_send(m, &message, NOON), "mail.address");
	DIR *d = opendir(folder);
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.' && strlen(entry->d_name) < 3)
			continue;
		files++;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
	}
	closedir(d);
	assert_int_equal(files, 1);
	assert_true(str_ends(str_from_c(path), STR(".eml")));
	int fd = open(path, O_RDONLY);
	assert_true(read(fd, text, sizeof text - 1) > 0);
	close(fd);
	assert_non_null(strstr(text, "8bit\r\n\r\nSuivez https://compte.example/a?b=c\r\n"));
	unlink(path);
	message.to = STR("camille@example.org");
	rmdir(folder);
	expect("the folder is gone", mail_send(m, &message, NOON), "mail.gone");
}

static void mail_by_smtp_says_what_became_of_it(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(4096);
	struct mail_rules r = { .from = STR("a@ville.example"), .ca = no_ca };
	AUTO(mailer_destroyp) struct mailer *m = NULL;
	struct tiny_server *smtp = tiny_server_start(true, NULL);
	struct fetch_mail message = { STR("camille@example.org"), STR("Code"), STR("a\n.\nb = é\n") };

	r.smtp = arena_printf(a, "smtp://127.0.0.1:%d", smtp->port);
	assert_false(failed(mailer_create(&r, &m)));
	expect("sent", mail_send(m, &message, NOON), NULL);
	assert_non_null(strstr(smtp->last, "\r\na\r\n..\r\nb =3D =C3=A9\r\n"));
	message.to = STR("refused@example.org");
	expect("refused", mail_send(m, &message, NOON), "mail.refused");
	message.to = STR("later@example.org");
	expect("later", mail_send(m, &message, NOON), "mail.gone");
	message.to = STR("camille@example.org");
	expect("sent again", mail_send(m, &message, NOON), NULL);
}

static void settings_that_cannot_work_stop_the_start(void **state)
{
	struct mailer *m = NULL;
	struct mail_rules r = { .from = STR("a@ville.example"), .folder = STR("/nowhere/at/all"), .ca = no_ca };

	expect("folder", mailer_create(&r, &m), "mail.folder");
	r.folder = STR_NONE;
	expect("neither", mailer_create(&r, &m), "mail.smtp");
	r.smtp = STR("smtp://user:word@relay.example");
	expect("a user in the address", mailer_create(&r, &m), "mail.smtp");
	r.from = STR("nobody");
	expect("sender", mailer_create(&r, &m), "mail.from");
}

static void a_frame_of_another_kind_is_refused(void **state)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(4096);
	struct frame request = { .type = FETCH_HTTP };
	frame_io_fn *fn = NULL;
	void *reply = NULL;

	expect("http", mail_send_serve(NULL, a, &request, &fn, &reply), "fetch.frame");
	request.type = FETCH_MAIL;
	expect("no body", mail_send_serve(NULL, a, &request, &fn, &reply), "frame.body");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_has_its_headers),
		cmocka_unit_test(accents_travel_in_encoded_words_and_lines_stay_short),
		cmocka_unit_test(no_header_can_be_slipped_in),
		cmocka_unit_test(mail_into_a_folder_is_one_whole_file),
		cmocka_unit_test(mail_by_smtp_says_what_became_of_it),
		cmocka_unit_test(settings_that_cannot_work_stop_the_start),
		cmocka_unit_test(a_frame_of_another_kind_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
