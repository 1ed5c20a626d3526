// The set of workers of one run: starts them, waits for all of them together, restarts what may be
// restarted. Behind Collectors and QuietWatch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/collect/collect.h"
#include "core/collect/worker.h"

namespace melisai::collect {

struct Collectors::Body {
  using Workers = std::vector<Worker*>;

  PluginPlaces places;
  CollectOptions options;
  const Clock& clock;
  std::function<bool()> interrupted;
  std::string config;                            // for every hello
  HostProfile profile;                           // which parts run
  std::vector<std::unique_ptr<Worker>> workers;  // in the order in which they were found
  std::vector<CollectorResult> refused;          // never started
  std::vector<Sample> samples;                   // of the last window around a tree
  std::string window_begun;                      // RFC 3339
  HostCategories host_results;                   // of the last window around a tree
  std::int64_t last_window = 0;
  bool watching = false;  // the watch has a window open

  void load();
  Workers all() const;        // by name
  Workers watchers() const;   // the same, those that can watch
  Workers observers() const;  // the same, those with numbers or a part that runs
  Workers tellers() const;    // the same, those with a part that runs

  /// Opens a window in all of `chosen`. A worker that is found dead or stuck before its window has
  /// begun is started again, within its limit, and so loses nothing: start is asked, and answered,
  /// before the tree's first instruction.
  /// Those that only read /proc begin before the others, so that what the others cost is seen.
  void open(const Workers& chosen, const ProcessTree& tree);
  /// Ends the windows of all of `chosen` that have one; their samples in the order of `chosen`.
  std::vector<Sample> close(const Workers& chosen, Milliseconds limit);
  void keep_host_results(const Workers& chosen);
  void close_watch();

  bool wanted(const std::string& name) const;
  std::vector<CollectorResult> results() const;
  void dismiss(const Workers& leaving);

 private:
  void begin(const Workers& chosen, const protocol::StartRequest& window);
  void await(const Workers& asked, Milliseconds limit);
  void restart(const Workers& chosen);
  void admit();
  void leave_out_stand_ins(const Workers& admitted) const;
};

}  // namespace melisai::collect
