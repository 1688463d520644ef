/* exchange.h - one request that goes to the engine: its head, its body as it comes, and both decoded. */
#ifndef ROLES_FRONT_EXCHANGE_H
#define ROLES_FRONT_EXCHANGE_H
#include "roles/front/front.h"
#include "wire/http/chunked.h"
#include "wire/http/head.h"
#include "wire/http/multipart.h"
#include "wire/ipc/web.h"

struct exchange {
	struct front *front;
	struct http_head head;           /* points into raw */
	char  *raw;
	size_t raw_n;
	char   id[16];
	char   source[SOURCE_TEXT_BYTES];
	enum http_listener listener;
	enum http_body kind;             /* how the route wants its body */
	struct str multi_line;           /* owner: here */
	bool   urlencoded;               /* a form without files, also where files may come */
	bool   whole;                    /* the body has come */
	int64_t left;                    /* bytes to come, when a length was given */
	size_t max;
	size_t held;                     /* bytes of it that came, counted in front->bodies_bytes */
	struct http_chunked chunked;
	struct buf body, piece;          /* piece: what one chunk gave */
	struct http_multipart *multipart;
};

/* What the front answers instead; slug NULL: nothing is wrong. */
struct refusal { int status; const char *slug; };

/* The head is copied. refusal: 400, 413 or 415; *ret_x is NULL then. */
struct refusal exchange_create(struct front *f, const struct http_head *head, const char *raw,
	const struct web_route *route /* NULL: no engine yet, and no body */, struct exchange **ret_x);
void exchange_destroy(struct exchange *x);       /* wipes; NULL is fine */
/* Bytes of the body that have come; *ret_used of them were part of it. x->whole when it is done. refusal: 400, 413 or 503. */
struct refusal exchange_feed(struct exchange *x, struct str bytes, size_t *ret_used);
/* Decoded, ready to be sent; lives in f->scratch and in x. */
struct refusal exchange_request(struct exchange *x, struct http_req *ret_req);
/* The body is of no more use: it may have held a password. */
void exchange_forget_body(struct exchange *x);

/* The language for a request of which only the head was read. */
enum http_lang exchange_lang(struct arena *a, const struct http_head *head);
#endif
