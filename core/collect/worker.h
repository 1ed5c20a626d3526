// One collector of a run: its process, where the conversation with it stands, and what it said.
// Owned by the set (collectors.h), which waits for all of them together. A worker never waits for
// an answer itself: begin a step, then take() while it is awaited, and overdue() at the deadline.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/collector_protocol.h"
#include "core/base/frame.h"
#include "core/base/peer.h"
#include "core/collect/bpf_worker.h"
#include "core/collect/collect.h"
#include "core/collect/discovery.h"
#include "core/model/host_report.h"

namespace melisai::collect {

class Collectors::Worker {
 public:
  Worker(const Candidate& candidate, const WorkerProgram& program, const CollectOptions& options,
         const std::string& config, const HostProfile& profile, const Clock& clock);

  // The steps. Ping and start go out together: only one that is alive answers the first, so that a
  // start without an answer is known to be the collector's own.
  void launch();  ///< starts the process and says hello; from the second time on a restart
  void begin(protocol::StartRequest window);  ///< tells it which parts run
  void finish();                              ///< sends stop
  void quit();                                ///< asks it to leave
  void leave(Milliseconds grace);

  void take();                       ///< handles what it has sent; does not wait
  void overdue(Milliseconds limit);  ///< its deadline has passed

  bool awaited() const;  ///< an answer is due
  bool idle() const { return step_ == Step::idle; }
  bool in_window() const { return step_ == Step::window; }
  bool may_restart() const;
  bool introduced() const { return introduced_; }  ///< has said hello at least once
  bool watches() const { return watches_; }
  bool has_metrics() const { return !result_.metrics.empty(); }
  bool has_running_parts() const { return !running_.empty(); }
  bool gives(std::string_view part) const;  ///< it runs, and this machine has what it needs
  void leave_out(std::string_view part);    ///< it does not run
  int tier() const;                         ///< the highest of its parts that run; 1 without one
  std::chrono::nanoseconds failed_at() const { return failed_at_; }
  Peer* peer() { return peer_ ? &*peer_ : nullptr; }

  void refuse(std::string reason);
  void drop();  ///< not wanted: leaves, and is not in the results
  bool dropped() const { return dropped_; }
  void miss_window();  ///< a window has begun without it

  /// Of the last window, in the order of its declarations; nothing when it was lost. Emptied by the
  /// call.
  std::vector<Sample> take_samples();
  /// What its parts that run saw in the last window, in the order of its declarations; of one that
  /// said nothing, why. `begun` and `ended`: of the window. Emptied by the call.
  std::vector<HostResult> take_host_results(const std::string& begun, const std::string& ended);
  const std::string& name() const { return result_.name; }
  CollectorResult result() const;

 private:
  enum class Step { off, hello, idle, ping, start, window, stop };

  void on(const protocol::Hello& hello);
  void on(const protocol::Pong& pong);
  void on(const protocol::Started& started);
  void on(const protocol::Samples& samples);
  void on(const protocol::PartResult& result);
  void on(const protocol::Stopped& stopped);
  void on(const protocol::Failed& failed);
  void on(const protocol::Log& log);
  /// Misbehaved unless it is the answer to `step` of this window.
  bool answers(Step step, std::int64_t id, std::string_view type);

  void send(const protocol::Request& request, Step next);
  void ended();  ///< its end of the connection is closed
  void misbehaved(const std::string& what);
  void fail(CollectorStatus status, std::string reason);
  std::string_view place() const;

  const CollectOptions& options_;
  const std::string& config_;
  const HostProfile& profile_;
  const Clock& clock_;
  PeerSpec spec_;
  std::optional<Peer> peer_;
  FrameReader reader_;
  Step step_ = Step::off;
  Bytes bytes_ = 0;  // of this step
  int messages_ = 0;
  int sample_count_ = 0;
  std::int64_t window_ = 0;
  std::vector<std::optional<double>> values_;  // by index in result_.metrics
  std::map<std::string, std::size_t> indices_;
  std::vector<CollectorPart> running_;              // of result_.parts
  std::map<std::string, HostResult> host_results_;  // by part
  bool complete_ = false;                           // values_ are those of a whole window
  bool introduced_ = false;
  bool watches_ = false;
  bool final_ = false;  // starting it again would change nothing
  bool lost_window_ = false;
  bool dropped_ = false;
  int launches_ = 0;
  std::chrono::nanoseconds failed_at_{0};
  std::deque<std::string> log_;
  std::vector<std::string> last_words_;  // on stderr, when it failed
  CollectorResult result_;
};

}  // namespace melisai::collect
