// Planner: turns accepted events into runs: fetches the commit, reads its pipeline file, and writes
// down what that starts. An event that cannot be planned for now stays open and is tried again.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/serve/context.h"

namespace melisai::serve {

/// How long it is tried to fetch the commit of an event. A weekend without its server is no reason
/// to lose a push; one that nobody can fetch is not tried for ever.
inline constexpr Milliseconds kPlanningPatience{3 * 24 * 3'600'000};
inline constexpr int kPlanningTriesMin = 10;

class Planner final : public supervise::Module {
 public:
  struct Calls {
    std::function<void()> planned;  ///< runs may have become ready
    /// The pipelines of a project at the tip of its default branch.
    std::function<void(const std::string& project, const std::vector<ServePipeline>& pipelines)>
        seen;
  };
  Planner(Context& context, Calls calls);

  void start(Done done) override;
  void stop(Done done) override;
  void check(Checked done) override;

  /// Looks for open events; cheap when there are none.
  void wake();

 private:
  struct Answer {
    RunEvent event;  ///< with the commit that was found for it, also when planning failed
    Result<store::Plan> plan;
    std::optional<std::string> head = {};  ///< of a pull request, when it is not what was told
    std::vector<ServePipeline> pipelines;
    bool is_mistyped = false;  ///< somebody asked by name for what is not there
  };
  struct Question;
  static Answer answer_of(Question question);
  static Result<store::Plan> plan_of(const Question& question, Answer& answer);
  void begin(const store::OpenEvent& open);
  void end(const store::OpenEvent& open, const Answer& answer);
  void refuse(const store::OpenEvent& open, const Error& why);
  /// Those in force, or of an event that repeats a run those that it kept. Errors: config.
  Result<std::shared_ptr<const WorkflowSet>> workflows_for(const RunEvent& event) const;
  void settle_again(const store::OpenEvent& open, const Answer& answer);
  void try_later(const Error& why);
  void wake_in(Milliseconds delay);
  void tell_pipelines(const Answer& answer);
  const WatchedProject* find_project(const std::string& name) const;  ///< null: none
  Result<void> settle(int tries, const Answer& answer);
  Result<bool> is_paused(const RunEvent& event) const;
  /// Whether an older time of its schedule waits to be planned.
  Result<bool> is_waited_for(const RunEvent& event) const;
  Result<void> give_up(const RunEvent& event, const Error& error);
  Result<void> follow_head(const RunEvent& event, const std::string& head);
  Result<void> turn_down(const RunEvent& event, const std::string& reason);
  Result<void> fail_visibly(const RunEvent& event, const std::string& reason);
  Result<void> end_visibly(const RunEvent& event, PipelineRun::Outcome outcome,
                           const std::string& reason);

  Context& context_;
  Calls calls_;
  boost::asio::steady_timer timer_;
  std::set<std::string> planning_;  // projects with an event in the pool, or not yet written
  std::shared_ptr<bool> running_;
};

}  // namespace melisai::serve
