// What the plugins of the zoo have in common: one metric and a window that goes well. Each plugin
// derives from it and does one thing wrong.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <melisai/collector.hpp>
#include <string_view>

namespace zoo {

struct Animal {
  static constexpr melisai::MetricInfo kMetrics[] = {
      {.name = "answer", .help = "Always 42", .source = "the zoo"}};
  void start(const melisai::Target&) {}
  void stop(melisai::Emitter& emitter) { emitter.emit("answer", 42); }
};

inline void hang() {
  while (true) pause();
}

// Finds the line to the gate behind the worker's back and writes to it.
inline void write_to_the_line(std::string_view bytes) {
  for (int fd = 3; fd < 256; ++fd) {
    struct stat info {};
    if (fstat(fd, &info) != 0 || !(S_ISSOCK(info.st_mode) || S_ISFIFO(info.st_mode))) continue;
    if (write(fd, bytes.data(), bytes.size()) < 0) continue;
  }
}

}  // namespace zoo
