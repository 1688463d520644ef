/* web.h - frames between a front and its engine.
 *
 *   engine -> front  WEB_PUBLISH   the routes that exist; once for each connection, first
 *   engine -> front  WEB_DOCUMENT  a document or error page that the front serves itself; one frame
 *                                  each, and again when it changes (the newest of a path wins)
 *   engine -> front  WEB_READY     all of the above has been said: take requests
 *   front  -> engine WEB_REQUEST   seq chosen by the front
 *   engine -> front  WEB_RESPONSE  same seq, exactly one for each request
 *   engine -> front  WEB_DRAIN     the engine is about to go: send it nothing more; its successor
 *                                  comes from the supervisor
 */
#ifndef WIRE_IPC_WEB_H
#define WIRE_IPC_WEB_H
#include "base/frame.h"
#include "wire/http/http.h"

enum web_frame { WEB_PUBLISH = 0x10, WEB_DOCUMENT, WEB_READY, WEB_REQUEST, WEB_RESPONSE, WEB_DRAIN };
enum { WEB_BODY_MAX = 16 << 20, WEB_ANSWER_MAX = 4 << 20, WEB_ROUTES_MAX = 128, WEB_PAIRS_MAX = 256 };

struct web_route {
	enum http_listener listener;
	enum http_method method;       /* GET also admits HEAD */
	struct str path;               /* exact */
	enum http_body body;
	uint32_t body_max_bytes;
	struct str multi_line;         /* blank-separated form fields that may hold line breaks */
	bool cross_site;               /* a POST from another origin's page is expected */
};

/* Served by the front alone. status 200: a document at `path` on `listener`; any other status: the
 * page for that status, in `lang`, of requests to that listener that never reach the engine (path is empty). */
struct web_document {
	enum http_listener listener;
	struct str path, content_type, body;
	int64_t max_age_s;             /* Cache-Control: public, max-age */
	uint32_t status;
	enum http_lang lang;
	bool cors;                     /* Access-Control-Allow-Origin: * (discovery, JWKS) */
};

struct web_publish { struct web_route *routes; size_t route_n; };

void ipc_web_request_io(struct frame_io *io, void *http_req);
void ipc_web_response_io(struct frame_io *io, void *http_resp);
void ipc_web_publish_io(struct frame_io *io, void *web_publish);
void ipc_web_document_io(struct frame_io *io, void *web_document);
#endif
