// HostWindow: a window of the collectors over this whole host, of a certain length. The caller
// waits for what runs meanwhile when it is time to close, so a thread does; until it has ended
// nobody else touches the collectors.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/collect/collect.h"

namespace melisai {

class HostWindow {
 public:
  explicit HostWindow(collect::Collectors& collectors) : collectors_(collectors) {}
  ~HostWindow();  ///< closes it at once
  HostWindow(const HostWindow&) = delete;
  HostWindow& operator=(const HostWindow&) = delete;

  /// Once. Errors: process, when nobody could close it in time; it is closed then.
  Result<void> open(Milliseconds duration);
  /// Waits until it is closed.
  HostCategories results();

 private:
  collect::Collectors& collectors_;
  std::mutex mutex_;
  std::condition_variable_any time_;
  std::jthread closer_;
};

}  // namespace melisai
