// Housekeeper: forgets what is long over, so that the state directory does not grow for ever:
// events with their runs, attempts and notices, as orchestrator.persistence says, and the
// directories of attempts that no run has. What is needed stays (store/queue.h: forgettable). It
// looks an hour after it looked last, and neither forgets nor removes while a benchmark runs.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/serve/context.h"

namespace melisai::serve {

struct TidyingTimes {
  Milliseconds first{5'000};         ///< after the start
  Milliseconds interval{3'600'000};  ///< after the last look
  Milliseconds gap{1'000};           ///< while there is more to forget, or a benchmark runs
  Milliseconds turn{50};             ///< of removing; then it is asked again whether one runs
};

class Housekeeper final : public supervise::Module {
 public:
  Housekeeper(Context& context, std::function<bool()> measuring, TidyingTimes times = {});
  ~Housekeeper() override;

  void start(Done done) override;
  void stop(Done done) override;
  void check(Checked done) override;

 private:
  void tidy_in(Milliseconds delay);
  void tidy();
  void forget(const Result<std::vector<std::int64_t>>& events);
  void find_directories();
  void remove_directories(std::vector<std::string> left, Result<void> so_far);
  void settle(const Result<void>& done);

  Context& context_;
  std::function<bool()> measuring_;
  TidyingTimes times_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<bool> running_ = std::make_shared<bool>(false);
  std::size_t forgotten_ = 0;  // since the last look began
  std::string problem_;        // of the last look
};

/// The directories in `attempts` whose run the queue has forgotten. Others' files are none, nor are
/// those of runs that the queue does not know yet: it may be an older one that was put back.
/// Errors: io.
Result<std::vector<std::string>> attempts_of_nobody(const std::string& state_dir);

}  // namespace melisai::serve
