// Throws in its first start(), and in every stop() after that.
#include <stdexcept>

#include "tests/plugins/zoo/zoo.h"

namespace {

struct Thrower : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.exception"};
  void start(const melisai::Target&) {
    if (windows_++ == 0) throw std::runtime_error("start went wrong");
  }
  void stop(melisai::Emitter& emitter) {
    emitter.emit("answer", 42);
    if (windows_ == 2) throw std::runtime_error("stop went wrong");
    throw 42;
  }
  int windows_ = 0;
};

}  // namespace

MELISAI_COLLECTOR(Thrower)
