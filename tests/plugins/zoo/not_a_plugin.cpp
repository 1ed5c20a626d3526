// A shared library of some other kind.
#include <melisai/collector.h>

extern "C" {
MELISAI_EXPORT extern const int some_symbol = 1;
}
