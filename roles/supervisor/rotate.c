/* rotate.c - see rotate.h. */
#include "roles/supervisor/rotate.h"
#include "roles/supervisor/control.h"
#include "roles/supervisor/rotate_files.h"
#include "roles/supervisor/rotate_rules.h"
#include "roles/signer/key_make.h"
#include "wire/ipc/boot.h"
#include "wire/ipc/rotate.h"
#include "base/clock.h"
#include "base/json.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TAKEN_UP_MS = 20000, ASK_EVERY_NS = 100000000, CERTIFICATE_DAYS = 3650, CERTIFICATES_MAX = 4, KINDS = 3, FILE_BYTES = 64 * 1024 };

static const struct kind { const char *word, *file; enum sign_alg alg; } kinds[KINDS] = {
	{ "ES256", "key.es256", SIGN_ES256 }, { "RS256", "key.rs256", SIGN_RS256 }, { "saml", "key.saml", SIGN_RS256 },
};
static const char *const done_words[ROTATE_STEP_COUNT] = { "published", "published", "activated", "retired", "too-early" };

/* One key file on its way. */
struct change {
	const struct kind *kind;
	bool saml;                             /* certificates go with it */
	struct rotate_file key, certificates;
	struct key_entry v[KEY_FILE_MAX]; size_t n;
	struct rotate_verdict verdict;
	struct str signing, other;             /* kids, after the step; other: removed by ROTATE_RETIRE */
	bool confirmed, mute;                  /* mute: a service, whose engine does not tell what its signer holds */
};

struct rotate {
	struct arena *a;
	const struct conf *c;
	struct buf *complaints, out;
	int64_t now_s;
	bool at_once;
	const char *only;                      /* --alg */
	struct str actor;
	bool asked;                            /* by the engine, for an administrator: answered on BOOT_FD */
	uint32_t seq;
	bool running;                          /* somebody listens at the control socket */
	struct change v[KINDS]; size_t n;
};

static const struct conf_row *row_of(const struct conf *c, const char *file)
{
	size_t n;
	const struct conf_row *rows = conf_rows(c, &n);

	for (size_t i = 0; i < n; i++)
		if (rows[i].file && strcmp(rows[i].file, file) == 0 && conf_is_set(c, rows[i].name))
			return &rows[i];
	return NULL;
}

bool rotate_is(char **argv, int argc)
{
	return argc >= 2 && strcmp(argv[0], "key") == 0 && strcmp(argv[1], "rotate") == 0;
}

static bool read_options(struct rotate *r, char **argv, int argc)
{
	int64_t seq = 0;

	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--now") == 0)
			r->at_once = true;
		else if (strcmp(argv[i], "--alg") == 0 && i + 1 < argc && !r->only)
			r->only = argv[++i];
		else if (strcmp(argv[i], "--asked-by") == 0 && i + 1 < argc)
			r->actor = str_from_c(argv[++i]);
		else if (strcmp(argv[i], "--answer") == 0 && i + 1 < argc && !failed(str_to_i64(str_from_c(argv[++i]), UINT32_MAX, &seq)))
			r->asked = true;
		else
			return false;
	}
	r->seq = (uint32_t)seq;
	if (r->asked != (r->actor.n > 0) || (r->asked && (!r->only || r->at_once)))
		return false;
	for (size_t i = 0; i < KINDS && r->only; i++)
		if (strcmp(r->only, kinds[i].word) == 0)
			return true;
	return !r->only;
}

/* ---- certificates ---- */

/* The certificates of the file, without those of one key. */
static MUST struct err certificates_without(struct rotate *r, const struct change *g, struct str kid, struct buf *ret)
{
	struct str rest = secret_peek(&g->certificates.text), before, pem, of = STR_NONE;

	while (key_file_block(&rest, &before, &pem)) {
		TRY(key_certificate_kid(r->a, pem, &of));
		if (kid.n && str_eq(of, kid))
			continue;
		buf_add(ret, before);
		buf_add(ret, pem);
	}
	buf_add(ret, rest);
	return NO_ERR;
}

static MUST struct err has_certificate(struct rotate *r, const struct change *g, struct str kid, bool *ret)
{
	struct str rest = secret_peek(&g->certificates.text), before, pem, of = STR_NONE;

	*ret = false;
	while (key_file_block(&rest, &before, &pem)) {
		TRY(key_certificate_kid(r->a, pem, &of));
		*ret |= str_eq(of, kid);
	}
	return NO_ERR;
}

static const char *host_of(struct rotate *r)
{
	struct str url = conf_text(r->c, "public_url");

	url = str_slice(url, str_starts(url, STR("https://")) ? 8 : 7, url.n);
	url = str_slice(url, 0, str_index(url, '/'));
	return arena_c(r->a, str_slice(url, 0, url.n < 64 ? str_index(url, ':') : 64));
}

static MUST struct err certify(struct rotate *r, struct change *g, struct str key_pem)
{
	AUTO(buf_done) struct buf out = { .max = FILE_BYTES };
	struct str pem = STR_NONE;

	TRY(key_make_certificate(r->a, key_pem, host_of(r), r->now_s, CERTIFICATE_DAYS, &pem));
	TRY(certificates_without(r, g, STR_NONE, &out));
	if (out.n && out.p[out.n - 1] != '\n')
		buf_add_char(&out, '\n');
	buf_add(&out, pem);
	TRY(buf_err(&out));
	return rotate_file_write(r->a, &g->certificates, buf_str(&out));
}

static MUST struct err drop_certificate(struct rotate *r, struct change *g, struct str kid)
{
	AUTO(buf_done) struct buf out = { .max = FILE_BYTES };

	TRY(certificates_without(r, g, kid, &out));
	TRY(buf_err(&out));
	return rotate_file_write(r->a, &g->certificates, buf_str(&out));
}

/* ---- one step ---- */

static MUST struct err write_keys(struct rotate *r, struct change *g, const struct key_entry *v, size_t n)
{
	AUTO(buf_done) struct buf out = { .max = FILE_BYTES };

	key_file_write(&out, r->a, v, n);
	TRY(buf_err(&out));
	return rotate_file_write(r->a, &g->key, buf_str(&out));
}

/* The order lets no cut in between leave a key that signs without its certificate: a key comes before its
 * certificate (and does not sign without one, see ROTATE_CERTIFY), and goes after it. */
static MUST struct err move(struct rotate *r, struct change *g, const struct rotate_facts *f)
{
	struct str fresh = STR_NONE;
	struct key_entry v[KEY_FILE_MAX + 1];
	size_t n = 0;

	if (g->verdict.step == ROTATE_PUBLISH)
		TRY(key_make(r->a, g->kind->alg, &fresh));
	rotate_apply(f, &g->verdict, fresh, v, &n);
	if (g->verdict.step == ROTATE_RETIRE && g->saml)
		TRY(drop_certificate(r, g, g->other));
	TRY(write_keys(r, g, v, n));
	if (g->saml && (g->verdict.step == ROTATE_PUBLISH || g->verdict.step == ROTATE_CERTIFY))
		TRY(certify(r, g, v[rotate_other(v, n)].pem));
	TRY(key_kid(r->a, g->kind->alg, v[0].pem, &g->signing));
	return g->verdict.step == ROTATE_RETIRE ? NO_ERR : key_kid(r->a, g->kind->alg, v[rotate_other(v, n)].pem, &g->other);
}

static MUST struct err step(struct rotate *r, struct change *g)
{
	struct rotate_facts f = { .v = g->v, .at_once = r->at_once, .now_s = r->now_s };
	size_t other;
	bool has = true;

	TRY(key_file_parse(secret_peek(&g->key.text), g->v, &g->n));
	f.n = g->n;
	other = rotate_other(g->v, g->n);
	TRY(key_kid(r->a, g->kind->alg, g->v[0].pem, &g->signing));
	if (other < g->n)
		TRY(key_kid(r->a, g->kind->alg, g->v[other].pem, &g->other));
	if (other < g->n && g->saml)
		TRY(has_certificate(r, g, g->other, &has));
	f.lacks_certificate = !has;
	g->verdict = rotate_decide(&f);
	return g->verdict.step == ROTATE_TOO_EARLY ? NO_ERR : move(r, g, &f);
}

static MUST struct err start(struct rotate *r, const struct kind *kind, const struct conf_row *row)
{
	const struct conf_row *certificates = row_of(r->c, "saml.certificate");
	struct change *g = &r->v[r->n];

	g->kind = kind;
	/* Without a key of its own SAML signs with the RS256 key. */
	g->saml = certificates && (strcmp(kind->word, "saml") == 0 || (kind->alg == SIGN_RS256 && !row_of(r->c, "key.saml")));
	TRY(rotate_file_read(r->a, r->c, row, r->complaints, &g->key));
	r->n++;
	if (g->saml)
		TRY(rotate_file_read(r->a, r->c, certificates, r->complaints, &g->certificates));
	return step(r, g);
}

/* ---- the daemon takes it up ---- */

/* Who listens at the control socket is the supervisor. */
static bool reload(struct rotate *r)
{
	struct ucred who = { 0 };
	socklen_t n = sizeof who;
	int fd;
	bool sent;

	if (failed(control_connect(conf_text(r->c, "control"), &fd)))
		return false;
	sent = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && who.pid > 1 && kill(who.pid, SIGHUP) == 0;
	close(fd);
	return sent;
}

static bool moved(const struct change *g)
{
	return g->verdict.step != ROTATE_TOO_EARLY;
}

/* The engine says whether the signer holds the key in that state, and writes it into the audit log. */
static void confirm(struct rotate *r, struct change *g, int64_t end_ms)
{
	bool fresh = g->verdict.step == ROTATE_PUBLISH || g->verdict.step == ROTATE_CERTIFY;
	struct str argv[] = { STR("key"), STR("confirm"), fresh || g->verdict.step == ROTATE_RETIRE ? g->other : g->signing,
		str_from_c(fresh ? "next" : g->verdict.step == ROTATE_RETIRE ? "gone" : "current") };
	struct ctl_request q = { .argv = argv, .argc = sizeof argv / sizeof *argv, .actor = r->actor.n ? r->actor : ctl_actor(r->a) };

	while (!g->confirmed && clock_mono_ms() < end_ms) {
		struct ctl_answer answer = { 0 };

		if (!failed(ctl_ask(r->a, conf_text(r->c, "control"), &q, &answer)))
			g->confirmed = answer.exit_code == 0;
		g->mute = answer.exit_code == EXIT_USAGE;
		if (g->mute)
			return;
		if (!g->confirmed)
			nanosleep(&(struct timespec){ 0, ASK_EVERY_NS }, NULL);
	}
}

static void take_up(struct rotate *r)
{
	int64_t end_ms = clock_mono_ms() + TAKEN_UP_MS;
	bool any = false;

	for (size_t i = 0; i < r->n; i++)
		any |= moved(&r->v[i]);
	r->running = any && reload(r);
	for (size_t i = 0; i < r->n && r->running; i++)
		if (moved(&r->v[i]))
			confirm(r, &r->v[i], end_ms);
}

/* ---- what is said ---- */

static struct str again_at(struct rotate *r, const struct change *g)
{
	return time_format_utc(r->a, moved(g) ? r->now_s + ROTATE_WAIT_S : g->verdict.again_s);
}

static void say_json(struct rotate *r, const struct change *g)
{
	struct buf *b = &r->out;

	buf_add_char(b, '{');
	json_field_c(b, "alg", g->kind->word);
	json_field_c(b, "step", done_words[g->verdict.step]);
	json_field_str(b, "signs", g->signing);
	json_field_str(b, "other", g->other);
	json_field_bool(b, "saml", g->saml);
	json_field_bool(b, "taken_up", g->confirmed);
	if (g->verdict.step != ROTATE_RETIRE)
		json_field_str(b, "again_after", again_at(r, g));
	buf_add_char(b, '}');
}

static void say_text(struct rotate *r, const struct change *g)
{
	struct str at = again_at(r, g);
	struct buf *b = &r->out;

	buf_addf(b, "%s: ", g->kind->word);
	if (g->verdict.step == ROTATE_TOO_EARLY)
		buf_addf(b, STR_FMT " %s; run this again after " STR_FMT ", or with --now\n", STR_ARG(g->other),
			g->v[rotate_other(g->v, g->n)].state == SIGN_KEY_PREVIOUS ? "signs no more, but what it signed may still be on its way"
			: "is published, but partners may not have fetched it yet", STR_ARG(at));
	else if (g->verdict.step == ROTATE_RETIRE)
		buf_addf(b, STR_FMT " is removed; " STR_FMT " signs alone. The change is complete\n", STR_ARG(g->other), STR_ARG(g->signing));
	else if (g->verdict.step == ROTATE_ACTIVATE)
		buf_addf(b, STR_FMT " signs; " STR_FMT " stays published, so that what it signed can be verified. To remove it, run this again after "
			STR_FMT "\n", STR_ARG(g->signing), STR_ARG(g->other), STR_ARG(at));
	else
		buf_addf(b, STR_FMT " is published beside " STR_FMT ", which signs. To change over, run this again after " STR_FMT "\n",
			STR_ARG(g->other), STR_ARG(g->signing), STR_ARG(at));
	if (g->saml && (g->verdict.step == ROTATE_PUBLISH || g->verdict.step == ROTATE_CERTIFY))
		buf_addf(b, "%s: both certificates stand in the SAML metadata: have the partners fetch them again before that\n", g->kind->word);
}

static void say(struct rotate *r, bool json)
{
	if (json)
		buf_add_char(&r->out, '[');
	for (size_t i = 0; i < r->n; i++) {
		if (json && i)
			buf_add_char(&r->out, ',');
		if (json)
			say_json(r, &r->v[i]);
		else
			say_text(r, &r->v[i]);
	}
	if (json)
		buf_add_c(&r->out, "]\n");
	(void)fwrite(r->out.p, 1, r->out.n, stdout);
}

/* 0: something moved, and the daemon that runs has taken it up. */
static int outcome(struct rotate *r)
{
	bool any = false, all = true, mute = false;

	for (size_t i = 0; i < r->n; i++) {
		any |= moved(&r->v[i]);
		all &= !moved(&r->v[i]) || r->v[i].confirmed || r->v[i].mute;
		mute |= r->v[i].mute;
	}
	if (any && !r->running)
		buf_add_c(r->complaints, "the daemon is not running, or may not be told by you: it takes effect at its next start or reload\n");
	else if (mute && all)
		buf_add_c(r->complaints, "the daemon was told to reload; its metadata show whether it did. Register them again at the identity provider\n");
	else if (any && !all)
		buf_add_c(r->complaints, "the daemon was told to reload, but has not said that it holds the keys so; see its log, and: guichetctl key list\n");
	return any && (all || !r->running) ? 0 : EXIT_FAILED;
}

static int complain(struct rotate *r, const char *word, struct err e)
{
	const char *why = strcmp(e.slug, "rotate.locked") == 0 ? "somebody else is changing keys"
		: strcmp(e.slug, "rotate.write") == 0 ? strerror(errno) : e.slug;

	if (r->complaints->n == 0)
		buf_addf(r->complaints, "%s: not done: %s\n", word, why);
	return EXIT_FAILED;
}

/* The same folder whatever --alg says, so that two runs meet. */
static MUST struct err lock(struct rotate *r)
{
	for (size_t i = 0; i < KINDS; i++) {
		const struct conf_row *row = row_of(r->c, kinds[i].file);

		if (row)
			return rotate_lock(r->a, conf_text(r->c, row->name).p);
	}
	return NO_ERR;
}

static MUST struct err change_all(struct rotate *r, const char **ret_word)
{
	*ret_word = "key";
	TRY(lock(r));
	for (size_t i = 0; i < KINDS; i++) {
		const struct conf_row *row = row_of(r->c, kinds[i].file);

		*ret_word = kinds[i].word;
		if (row && (!r->only || strcmp(r->only, kinds[i].word) == 0))
			TRY(start(r, &kinds[i], row));
	}
	return NO_ERR;
}

/* The engine that asked is about to be replaced: it hears before that, and its page is on its way when it goes. */
static void answer(struct rotate *r, struct err e)
{
	static const enum rotate_outcome outcomes[ROTATE_STEP_COUNT] = { ROTATED_PUBLISHED, ROTATED_PUBLISHED, ROTATED_ACTIVATED, ROTATED_RETIRED,
		ROTATED_TOO_EARLY };
	struct rotate_said said = { failed(e) || !r->n ? ROTATED_NOT : outcomes[r->v[0].verdict.step], str_slice(buf_str(r->complaints), 0, 1000) };

	if (r->asked && failed(frame_send_now(BOOT_FD, BOOT_ROTATED, r->seq, ipc_rotate_said_io, &said)))
		buf_add_c(r->complaints, "the engine that asked is gone\n");
}

/* What was done before an error is taken up all the same. */
static int rotate_all(struct rotate *r, bool json)
{
	const char *word;
	struct err e = change_all(r, &word);
	int code;

	if (failed(e)) {
		code = complain(r, word, e);
		r->n -= r->n > 0;
	} else if (!r->n) {
		buf_addf(r->complaints, "the configuration names no key for that%s\n",
			r->only && strcmp(r->only, "saml") == 0 ? "; without a key of its own SAML signs with the RS256 key" : "");
		answer(r, e);
		return EXIT_FAILED;
	}
	answer(r, e);
	take_up(r);
	if (!r->asked)
		say(r, json);
	return failed(e) ? code : outcome(r);
}

int rotate_run(struct arena *a, const struct conf *c, bool json, char **argv, int argc, struct buf *complaints)
{
	struct rotate *r = arena_new(a, struct rotate);
	int code = EXIT_USAGE;

	*r = (struct rotate){ .a = a, .c = c, .complaints = complaints, .now_s = clock_wall_s() };
	buf_init(&r->out, FILE_BYTES);
	if (read_options(r, argv, argc))
		code = rotate_all(r, json);
	else
		buf_add_c(complaints, "usage: guichetctl key rotate [--alg ES256|RS256|saml] [--now] [--json]\n");
	for (size_t i = 0; i < KINDS; i++) {
		rotate_file_done(&r->v[i].key);
		rotate_file_done(&r->v[i].certificates);
	}
	buf_done(&r->out);
	return code;
}
