#include <unistd.h>

#include <utility>

#include "core/collect/collectors.h"

namespace melisai::collect {
namespace {

constexpr std::chrono::seconds kWindowMin{1};
constexpr Milliseconds kReadingMax{1'000};  // every second of it is taken from the pairs

}  // namespace

QuietWatch::QuietWatch(Collectors& collectors, const CollectOptions& options, const Clock& clock)
    : collectors_(collectors), options_(options), clock_(clock) {}

void QuietWatch::begin() {
  Collectors::Body& set = *collectors_.body_;
  set.close_watch();
  const Collectors::Body::Workers watchers = set.watchers();
  open_ = options_.watch && !watchers.empty();
  if (!open_) return;
  // Our own CPU time and that of the pairs, which are our children, is not somebody else's.
  set.open(watchers, {.root_pid = getpid(), .cgroup = ""});
  set.watching = true;
  window_start_ = clock_.monotonic();
}

std::optional<QuietWatch::Finding> QuietWatch::reading() {
  if (!open_ || clock_.monotonic() - window_start_ < kWindowMin) return std::nullopt;
  std::optional<Finding> finding = last_reading();
  begin();
  return finding;
}

std::optional<QuietWatch::Finding> QuietWatch::last_reading() {
  Collectors::Body& set = *collectors_.body_;
  // Not watching: a profiling run has ended the window since.
  const bool read = std::exchange(open_, false) && std::exchange(set.watching, false);
  if (!read) return std::nullopt;
  // A reading that failed says nothing, but its window is over.
  return Finding{disturbance(set.close(set.watchers(), kReadingMax), options_)};
}

}  // namespace melisai::collect
