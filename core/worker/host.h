// What a plugin may call: log, emit and result, as C functions. Checks everything it is given; log
// lines are bounded over the life of the worker.
#pragma once

#include <melisai/collector.h>

#include <string>
#include <vector>

#include "core/base/units.h"
#include "core/worker/channel.h"
#include "core/worker/descriptor.h"

namespace melisai::worker {

class Host {
 public:
  /// Both must outlive the host.
  Host(Channel& channel, const Descriptor& plugin, Bytes log_max);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  const melisai_host* c() const { return &c_; }

  /// Between these two emit() takes numbers and sends them, 1,000 to a frame, and result() sends at
  /// once; keep false: numbers that were not sent yet are forgotten.
  void open_window(std::int64_t id);
  void close_window(bool keep);

  /// The last error that the plugin logged since the last call, or `otherwise`.
  std::string take_error(const std::string& otherwise);

 private:
  static void log(void* context, std::int32_t level, melisai_str text) noexcept;
  static void emit(void* context, melisai_str metric, double value) noexcept;
  static void result(void* context, melisai_str part, melisai_str json) noexcept;
  void log_lines(std::int32_t level, std::string_view text);
  void take_sample(std::string metric, double value);
  void send_result(std::string part, std::string_view json);
  void warn_once(bool& warned, const std::string& text);
  void flush();

  Channel& channel_;
  std::vector<std::string> metrics_;  // sorted
  std::vector<std::string> parts_;
  std::vector<std::string> said_;  // parts whose result of this window is on its way
  melisai_host c_{};
  Bytes log_left_;
  bool log_full_ = false;
  std::string error_;
  bool window_open_ = false;
  protocol::Samples samples_;
  bool warned_outside_ = false;
  bool warned_undeclared_ = false;
  bool warned_not_finite_ = false;
  bool warned_part_ = false;
  bool warned_result_ = false;
};

}  // namespace melisai::worker
