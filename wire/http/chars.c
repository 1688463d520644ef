/* chars.c - see chars.h. */
#include "wire/http/chars.h"

#define V CHAR_VALUE
#define QV (CHAR_QUERY | V)
#define PQV (CHAR_PATH | QV)
#define TQV (CHAR_TOKEN | QV)
#define ALL (CHAR_TOKEN | PQV)
#define ALNUM (ALL | CHAR_HOST | CHAR_PLAIN)

const uint8_t http_chars[256] = {
	[' '] = V, ['"'] = V, ['<'] = V, ['>'] = V,
	['#'] = CHAR_TOKEN | V,
	['0' ... '9'] = ALNUM | CHAR_HEX,
	['A' ... 'F'] = ALNUM | CHAR_HEX, ['G' ... 'Z'] = ALNUM,
	['a' ... 'f'] = ALNUM | CHAR_HEX, ['g' ... 'z'] = ALNUM,
	['-'] = ALNUM, ['.'] = ALNUM, ['_'] = ALNUM,
	['~'] = ALL | CHAR_PLAIN,
	['!'] = ALL, ['$'] = ALL, ['&'] = ALL, ['\''] = ALL, ['*'] = ALL, ['+'] = ALL,
	['%'] = TQV, ['^'] = TQV, ['`'] = TQV, ['|'] = TQV,
	['('] = PQV, [')'] = PQV, [','] = PQV, ['/'] = PQV, [':'] = PQV, [';'] = PQV, ['='] = PQV, ['@'] = PQV,
	['?'] = QV, ['['] = QV, ['\\'] = QV, [']'] = QV, ['{'] = QV, ['}'] = QV,
	[0x80 ... 0xff] = V,
};
