/* second_qr.h - a text as a picture for a telephone's camera. */
#ifndef IDP_AUTHN_SECOND_QR_H
#define IDP_AUTHN_SECOND_QR_H
#include "base/arena.h"

/* A QR code as an SVG element; empty when the text is too long. label: what it is, for who cannot see it
 * (escaped here). Lives in a. Source  ISO/IEC 18004, error correction M */
struct str qr_svg(struct arena *a, struct str text, struct str label);
#endif
