// A plugin in terms of the C interface, for those of the zoo whose struct itself is wrong.
#pragma once

#include <melisai/collector.h>

#include <cstdint>
#include <string_view>

namespace zoo {

constexpr melisai_str c_text(std::string_view text) { return {text.data(), text.size()}; }

inline const melisai_host* the_host = nullptr;

inline constexpr melisai_metric kCMetrics[] = {{c_text("answer"), c_text("count"),
                                                MELISAI_BETTER_LOWER, 4, c_text("Always 42"),
                                                c_text("the zoo"), c_text("")}};

inline void* create(const melisai_host* host, melisai_str) {
  the_host = host;
  return &the_host;
}
inline void destroy(void*) {}
inline std::int32_t start(void*, const melisai_target*) { return 0; }
inline std::int32_t stop(void*) {
  the_host->emit(the_host->context, c_text("answer"), 42);
  return 0;
}

// A struct with nothing wrong.
constexpr melisai_collector c_animal(std::string_view name) {
  melisai_collector plugin{};
  plugin.struct_size = sizeof plugin;
  plugin.abi_minor = MELISAI_ABI_MINOR;
  plugin.name = c_text(name);
  plugin.version = c_text("1.0.0");
  plugin.metrics = kCMetrics;
  plugin.metric_size = sizeof(melisai_metric);
  plugin.metric_count = 1;
  plugin.create = &create;
  plugin.destroy = &destroy;
  plugin.start = &start;
  plugin.stop = &stop;
  return plugin;
}

}  // namespace zoo
