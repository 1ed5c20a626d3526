// Built when the struct was shorter: it ends with stop(). What lies behind it must not be read.
#include <cstddef>

#include "tests/plugins/zoo/c_animal.h"

namespace {

struct Shorter {
  std::uint32_t struct_size;
  std::uint32_t abi_minor;
  melisai_str name;
  melisai_str version;
  const melisai_metric* metrics;
  std::uint32_t metric_size;
  std::uint32_t metric_count;
  melisai_str capabilities;
  std::uint32_t watches;
  std::uint32_t sample_interval_ms;
  std::int32_t (*available)(const melisai_host*);
  void* (*create)(const melisai_host*, melisai_str);
  void (*destroy)(void*);
  std::int32_t (*start)(void*, const melisai_target*);
  std::int32_t (*stop)(void*);
};
static_assert(sizeof(Shorter) == offsetof(melisai_collector, sample));

struct ShorterAndMore {
  Shorter plugin;
  const char* something_else;
};

}  // namespace

extern "C" {
MELISAI_EXPORT extern const ShorterAndMore zoo_older_minor asm("melisai_collector_v1");
}
const ShorterAndMore zoo_older_minor = {
    {sizeof(Shorter), 0, zoo::c_text("zoo.older_minor"), zoo::c_text("0.9.0"), zoo::kCMetrics,
     sizeof(melisai_metric), 1, zoo::c_text(""), 0, 0, nullptr, &zoo::create, &zoo::destroy,
     &zoo::start, &zoo::stop},
    "not a function"};
