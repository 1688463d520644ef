/* SPDX-License-Identifier: Apache-2.0
 *
 * main.c - guichet-sp-agent: what a partner's program asks instead of meeting strangers' bytes itself.
 *
 * It checks signatures, signs what SAML asks of a service, calls the identity provider, and nothing
 * else: one socket (its standard input), one question at a time, until the socket closes. It is confined
 * before the first question: no new privileges, no file, no program. That it calls nobody but the issuer's
 * origin is its own rule (http_fetch.h), not the kernel's: a partner's machine has one helper where a town's
 * daemon has four. It holds the client secret and the SAML key, which the partner's program then need not. */
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "roles/courier/http_fetch.h"
#include "roles/courier/outward.h"
#include "roles/reader/reader.h"
#include "roles/signer/signer.h"
#include "sp-lib/agent/confine.h"
#include "wire/ipc/helper.h"
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

enum { SOCKET = 0, ARENA_BYTES = 2 << 20, CA_MAX = 1 << 20, SECRET_MAX = 4096, CONFIG_BYTES = 2 << 20, KEYS_BYTES = 256 * 1024 };

struct options { const char *issuer, *ca_file, *client_id, *client_secret_file, *entity_id, *saml_key, *saml_certificate; };

struct agent {
	struct arena *arena;          /* as long as the process */
	struct fetch_rules rules;
	struct http_fetcher *fetcher;
	struct reader *reader;
	struct signer *signer;        /* NULL: SAML is not spoken */
};

static MUST struct err read_options(int argc, char **argv, struct options *ret_o)
{
	static const struct option known[] = {
		{ "issuer", required_argument, NULL, 'i' }, { "ca-file", required_argument, NULL, 'a' },
		{ "client-id", required_argument, NULL, 'c' }, { "client-secret-file", required_argument, NULL, 's' },
		{ "entity-id", required_argument, NULL, 'e' }, { "saml-key", required_argument, NULL, 'k' },
		{ "saml-certificate", required_argument, NULL, 'x' }, { 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'i': ret_o->issuer = optarg; break;
		case 'a': ret_o->ca_file = optarg; break;
		case 'c': ret_o->client_id = optarg; break;
		case 's': ret_o->client_secret_file = optarg; break;
		case 'e': ret_o->entity_id = optarg; break;
		case 'k': ret_o->saml_key = optarg; break;
		case 'x': ret_o->saml_certificate = optarg; break;
		default:  return err_of(BROKEN, "agent.options");
		}
	}
	ENSURE(ret_o->issuer && optind == argc, BROKEN, "agent.options");
	ENSURE(!ret_o->saml_key || (ret_o->entity_id && ret_o->saml_certificate), BROKEN, "agent.options");
	return NO_ERR;
}

static MUST struct err read_file(struct arena *a, const char *path, size_t max, struct str *ret_text)
{
	struct secret s = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	ENSURE(fd >= 0, BROKEN, "agent.file");
	struct err e = secret_read_fd(fd, max, &s);
	close(fd);
	TRY(e);
	*ret_text = arena_dup(a, secret_peek(&s));
	secret_done(&s);
	while (ret_text->n && (ret_text->p[ret_text->n - 1] == '\n' || ret_text->p[ret_text->n - 1] == '\r'))
		ret_text->n--;
	return NO_ERR;
}

/* "https://compte.ville.example/x" -> "https://compte.ville.example" */
static struct str origin_of(struct str url)
{
	size_t scheme = str_starts(url, STR("https://")) ? 8 : str_starts(url, STR("http://")) ? 7 : 0;

	return str_slice(url, 0, scheme + str_index(str_slice(url, scheme, url.n), '/'));
}

/* The key's text is wiped here: what is left of it is in the signer. */
static MUST struct err speak_saml(struct agent *g, const struct options *o)
{
	AUTO(arena_destroyp) struct arena *a = arena_create(KEYS_BYTES);
	struct str key, certificates;

	TRY(read_file(a, o->saml_key, SIGNER_PEM_MAX, &key));
	TRY(read_file(a, o->saml_certificate, SIGNER_SAML_CERTIFICATES_MAX * SIGNER_PEM_MAX, &certificates));
	TRY(signer_create(str_from_c(o->issuer), STR_NONE, clock_wall_s, &g->signer));
	TRY(signer_saml_add(g->signer, SIGN_ROLE_SP, str_from_c(o->entity_id), key, certificates));
	return reader_enable_saml(g->reader);
}

static MUST struct err start(struct agent *g, const struct options *o)
{
	struct str *origin = arena_new(g->arena, struct str);

	*origin = origin_of(str_from_c(o->issuer));
	g->rules.origins = origin;
	g->rules.origin_n = 1;
	if (o->ca_file)
		TRY(read_file(g->arena, o->ca_file, CA_MAX, &g->rules.ca));
	else
		TRY(outward_system_ca(g->arena, &g->rules.ca));
	if (o->client_secret_file) {
		g->rules.client_id = str_from_c(o->client_id);
		TRY(read_file(g->arena, o->client_secret_file, SECRET_MAX, &g->rules.client_secret));
	}
	TRY(http_fetcher_create(&g->rules, &g->fetcher));
	TRY(reader_create(&g->reader));
	if (o->saml_key)
		TRY(speak_saml(g, o));
	return confine();
}

static struct err serve(struct agent *g, struct arena *a, struct frame *f, frame_io_fn **ret_fn, void **ret_reply)
{
	if (f->type == CHECK_JWS || f->type == CHECK_SAML || f->type == CHECK_METADATA)
		return reader_serve(g->reader, a, f, ret_fn, ret_reply);
	if (g->signer && f->type >= SIGN_SAML_RESPONSE && f->type <= SIGN_SAML_METADATA)
		return signer_serve(g->signer, a, f, ret_fn, ret_reply);
	if (f->type == FETCH_HTTP)
		return http_fetch_serve(g->fetcher, a, f, ret_fn, ret_reply);
	/* Nobody reads it: what came with it is still to be closed. */
	frame_close_fds(f);
	return err_of(MALFORMED, "agent.frame");
}

static MUST struct err answer(struct agent *g, struct arena *a, struct frame *f)
{
	frame_io_fn *fn = ipc_empty_io;
	void *reply = NULL;
	struct err e = serve(g, a, f, &fn, &reply);
	struct ipc_refusal refusal = { e.kind, str_from_c(e.slug) };

	if (failed(e))
		return frame_send(SOCKET, HELPER_ERR, f->seq, ipc_refusal_io, &refusal, INT64_MAX);
	return frame_send(SOCKET, HELPER_OK, f->seq, fn, reply, INT64_MAX);
}

static MUST struct err serve_all(struct agent *g)
{
	static char buffer[FRAME_MAX];
	AUTO(arena_destroyp) struct arena *a = arena_create(ARENA_BYTES);
	struct frame f;

	for (;; arena_reset(a)) {
		TRY(frame_recv(SOCKET, buffer, INT64_MAX, &f));
		TRY(answer(g, a, &f));
	}
}

int main(int argc, char **argv)
{
	struct agent g = { .arena = arena_create(CONFIG_BYTES) };
	struct options o = { 0 };

	log_init("guichet-sp-agent", "agent");
	struct err e = read_options(argc, argv, &o);
	if (!failed(e))
		e = start(&g, &o);
	if (failed(e)) {
		log_line("agent.start", log_c("error", e.slug));
		return 1;
	}
	e = serve_all(&g);
	return strcmp(e.slug, "frame.gone") == 0 ? 0 : 1;
}
