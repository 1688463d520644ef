/* front.h - what one front process holds: its loop, limits, connections, and what the engine published.
 *
 * A front reads strangers' bytes. It has no private key, no file and no database; what passes
 * through it (a password, a cookie) is wiped after the request.
 */
#ifndef ROLES_FRONT_FRONT_H
#define ROLES_FRONT_FRONT_H
#include <event2/event.h>
#include <event2/event_struct.h>
#include "base/arena.h"
#include "roles/boot/boot.h"
#include "roles/front/sources.h"
#include "wire/http/http.h"
#include "wire/http/write.h"

struct conn;
struct engine_link;
struct site;
struct tls;

enum {
	CONNECTIONS_MAX = 16384,       /* a sequence number carries the place of its connection in 14 bits */
	REQUESTS_A_CONNECTION = 100000,
	HELD_MAX = 512,                /* requests that wait for an engine */
	HOLD_MS = 2000, ANSWER_MS = 30000, WRITE_MS = 30000, LINGER_MS = 1000, DRAIN_MS = 5000,
	SWEEP_MS = 100,
	BODIES_MAX_BYTES = 64 << 20,   /* all bodies under way together */
	PROXIES_MAX = 16
};

struct front_settings {
	/* "https://compte.ville.example:8443", and its name without port; empty: not checked (tests, metrics) */
	struct { struct str origin, host; } sites[HTTP_LISTENER_COUNT];
	bool https;                    /* citizens reach us by https, here or at a proxy */
	int64_t head_ms, body_ms, idle_ms;
	size_t connections, connections_source;
	struct source_key proxies[PROXIES_MAX];
	size_t proxy_n;
};

struct front {
	struct event_base *base;
	struct front_settings set;
	struct tls *tls;               /* NULL: plain HTTP */
	struct event signer_event;     /* the end of the tls signer's connection */
	struct site *site;             /* NULL until an engine has published */
	struct engine_link *engine;    /* the newest; NULL when there is none */
	struct engine_link *old;       /* still answering what they were sent */
	struct evconnlistener *listeners[32];
	size_t listener_n;
	struct sources sources;
	struct conn *conns;            /* all of them */
	struct conn *held_first, *held_last;
	struct conn **slots;           /* by place; settings.connections of them */
	uint32_t *free_slots;
	uint32_t *seqs;                /* by place: of its latest request, also when who asked has left */
	size_t conn_n, held_n, bodies_bytes;
	bool accept_paused, draining;
	int64_t started_ms, drain_deadline_ms, next_flush_ms;
	struct arena *scratch;         /* of one request or answer; reset after each */
	struct buf out;                /* of one answer; wiped after each */
	struct buf common;             /* the fields that every answer has */
	char *frame;                   /* FRAME_MAX bytes to receive into */
	uint64_t id_seed, id_count;
	int64_t date_s;
	char date[HTTP_DATE_BYTES];
};

void front_settings_read(const struct boot *b, struct front_settings *set);
/* 16 characters that name one request in logs and on error pages. */
void front_new_id(struct front *f, char id[16]);
/* The Date of now, HTTP_DATE_BYTES. */
const char *front_date(struct front *f);
#endif
