/* mail_send.c - see mail_send.h. */
#include "roles/courier/mail_send.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/b64.h"
#include "base/clock.h"
#include "base/ct.h"
#include "roles/courier/mail_format.h"
#include "roles/courier/outward.h"
#include "wire/ipc/helper.h"

enum { ID_BYTES = 16, FILE_MODE = 0640, PATH_BYTES = 4096 };

struct mailer {
	struct arena *arena;
	const struct mail_rules *rules;
	int folder_fd;               /* to make renames durable; -1: by SMTP */
	enum outward_rule rule;
	struct outward out;
	struct str unsent;           /* what the server has not read yet */
};

static size_t text_give(char *p, size_t size, size_t n, void *arg)
{
	struct mailer *m = arg;
	struct str part = str_slice(m->unsent, 0, size * n);

	if (part.n > 0)
		memcpy(p, part.p, part.n);
	m->unsent = str_slice(m->unsent, part.n, m->unsent.n);
	return part.n;
}

static struct err smtp_prepare(struct mailer *m)
{
	CURLU *url = curl_url();
	char *host = NULL;
	bool ok = url && curl_url_set(url, CURLUPART_URL, arena_c(m->arena, m->rules->smtp), CURLU_DISALLOW_USER) == CURLUE_OK
		&& curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK;
	bool local = ok && outward_host_is_loopback(str_from_c(host));

	curl_free(host);
	curl_url_cleanup(url);
	ENSURE(ok, BROKEN, "mail.smtp");
	TRY(outward_init(&m->out, m->rules->ca));

	CURL *curl = m->out.curl;
	m->rule = local ? OUTWARD_LOOPBACK : OUTWARD_LISTED;
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	ENSURE(curl_easy_setopt(curl, CURLOPT_URL, arena_c(m->arena, m->rules->smtp)) == CURLE_OK, BROKEN, "mail.smtp");
	curl_easy_setopt(curl, CURLOPT_USE_SSL, local ? (long)CURLUSESSL_TRY : (long)CURLUSESSL_ALL);
	/* The relay of this machine usually shows a certificate of its own making; the rule above
	 * holds the connection to loopback, where nobody else can answer. */
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, local ? 0L : 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, local ? 0L : 2L);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, text_give);
	curl_easy_setopt(curl, CURLOPT_READDATA, m);
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, arena_c(m->arena, m->rules->from));
	return NO_ERR;
}

static struct err folder_prepare(struct mailer *m)
{
	ENSURE(m->rules->folder.n < PATH_BYTES, BROKEN, "mail.folder");
	m->folder_fd = open(arena_c(m->arena, m->rules->folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ENSURE(m->folder_fd >= 0, BROKEN, "mail.folder");
	return NO_ERR;
}

struct err mailer_create(const struct mail_rules *rules, struct mailer **ret_mailer)
{
	AUTO(mailer_destroyp) struct mailer *m = calloc(1, sizeof *m);

	if (!m)
		abort();
	m->rules = rules;
	m->folder_fd = -1;
	m->arena = arena_create(64 * 1024);
	ENSURE(mail_address_is_valid(rules->from), BROKEN, "mail.from");
	if (rules->folder.n > 0)
		TRY(folder_prepare(m));
	else
		TRY(smtp_prepare(m));
	*ret_mailer = TAKE(m);
	return NO_ERR;
}

void mailer_destroy(struct mailer *m)
{
	if (!m)
		return;
	if (m->folder_fd >= 0)
		close(m->folder_fd);
	outward_done(&m->out);
	arena_destroy(m->arena);
	free(m);
}

void mailer_destroyp(struct mailer **m)
{
	mailer_destroy(*m);
}

static struct err write_all(int fd, struct str text)
{
	while (text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);

		if (n < 0 && errno == EINTR)
			continue;
		ENSURE(n > 0, BUSY, "mail.gone");
		text = str_slice(text, (size_t)n, text.n);
	}
	return NO_ERR;
}

static struct err file_fill(int fd, struct str text)
{
	TRY(write_all(fd, text));
	ENSURE(fsync(fd) == 0, BUSY, "mail.gone");
	return NO_ERR;
}

/* Under a name that no reader takes for a message, then renamed: nobody sees half of one. */
static struct err folder_put(const struct mailer *m, struct arena *a, struct str text, struct str id, int64_t now_s)
{
	struct str folder = m->rules->folder;
	const char *temporary = arena_c(a, arena_printf(a, STR_FMT "/." STR_FMT ".tmp", STR_ARG(folder), STR_ARG(id)));
	const char *name = arena_c(a, arena_printf(a, STR_FMT "/%012lld-" STR_FMT ".eml", STR_ARG(folder),
		(long long)now_s, STR_ARG(id)));   /* sorts by time */
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);

	ENSURE(fd >= 0, BUSY, "mail.gone");
	struct err e = file_fill(fd, text);
	close(fd);
	if (!failed(e) && rename(temporary, name) != 0)
		e = err_of(BUSY, "mail.gone");
	if (failed(e))
		unlink(temporary);
	else if (fsync(m->folder_fd) != 0)
		e = err_of(BUSY, "mail.gone");
	return e;
}

static struct err smtp_put(struct mailer *m, struct arena *a, struct str text, struct str to)
{
	struct curl_slist *rcpt = curl_slist_append(NULL, arena_c(a, to));
	long reply = 0;

	if (!rcpt)
		abort();
	m->unsent = text;
	curl_easy_setopt(m->out.curl, CURLOPT_MAIL_RCPT, rcpt);
	CURLcode code = outward_run(&m->out, m->rule, OUTWARD_MAX_MS);
	curl_easy_getinfo(m->out.curl, CURLINFO_RESPONSE_CODE, &reply);
	curl_easy_setopt(m->out.curl, CURLOPT_MAIL_RCPT, NULL);
	curl_slist_free_all(rcpt);
	m->unsent = STR_NONE;
	if (code == CURLE_OK)
		return NO_ERR;
	return reply >= 500 && reply < 600 ? err_of(DENIED, "mail.refused") : err_of(BUSY, "mail.gone");
}

struct err mail_send(struct mailer *m, const struct fetch_mail *message, int64_t now_s)
{
	AUTO(buf_done) struct buf b = { 0 };
	AUTO(arena_destroyp) struct arena *a = arena_create(32 * 1024);   /* two paths, one address */
	unsigned char random[ID_BYTES];

	random_bytes(random, sizeof random);
	struct str id = hex_encode(a, random, sizeof random);
	struct mail mail = {
		.from = m->rules->from, .from_name = m->rules->from_name, .to = message->to, .subject = message->subject,
		.text = message->text, .id = id, .date_s = now_s, .eight_bit = m->folder_fd >= 0,
	};

	buf_init(&b, MAIL_MAX);
	TRY(mail_format(&b, &mail));
	if (m->folder_fd >= 0)
		return folder_put(m, a, buf_str(&b), id, now_s);
	return smtp_put(m, a, buf_str(&b), message->to);
}

struct err mail_send_serve(void *mailer, struct arena *a, const struct frame *request,
	frame_io_fn **ret_fn, void **ret_reply)
{
	struct fetch_mail message;

	ENSURE(request->type == FETCH_MAIL, MALFORMED, "fetch.frame");
	TRY(frame_read(request, a, ipc_fetch_mail_io, &message));
	TRY(mail_send(mailer, &message, clock_wall_s()));
	*ret_fn = ipc_empty_io;
	*ret_reply = NULL;
	return NO_ERR;
}
