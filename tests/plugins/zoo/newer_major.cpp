// Built for a major version that is to come: another symbol, another struct.
#include <melisai/collector.h>

extern "C" {
MELISAI_EXPORT extern const char melisai_collector_v2[64] = "nobody knows yet what this will be";
}
