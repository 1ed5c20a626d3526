// Takes its time in start and in stop, and tells when that was: seconds of the monotonic clock.
#pragma once

#include <chrono>
#include <string>
#include <thread>

#include "tests/plugins/zoo/zoo.h"

namespace zoo {

class Slow {
 public:
  void start(const melisai::Target&) { started_ = span(); }

 protected:
  std::string spans_as_json() {
    return R"({"data":{"start":)" + started_ + R"(,"stop":)" + span() + "}}";
  }

 private:
  static double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  static std::string span() {
    const double begun = now();
    std::this_thread::sleep_for(std::chrono::milliseconds(500));  // what its name says
    return R"({"begun":)" + std::to_string(begun) + R"(,"ended":)" + std::to_string(now()) + "}";
  }

  std::string started_;
};

}  // namespace zoo
