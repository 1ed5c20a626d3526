// Alarm: starts pipelines and workflows with `trigger: cron` at their times. What they are comes
// from the configuration, or from the pipeline file of a project's default branch, as it is
// planned.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/serve/context.h"
#include "core/trigger/trigger.h"

namespace melisai::serve {

class Alarm final : public supervise::Module {
 public:
  /// `accepted`: something new is in the queue.
  Alarm(Context& context, std::function<void()> accepted);

  void start(Done done) override;
  void stop(Done done) override;
  void check(Checked done) override { done(std::vector<supervise::Issue>{}); }

  /// From now on these are the pipelines of that project.
  void set_pipelines(const std::string& project, const std::vector<ServePipeline>& pipelines);
  /// From now on those of Context::workflows.
  void set_workflows();

 private:
  using Key = std::pair<std::string, std::string>;  // project, pipeline or workflow
  struct Entry {
    trigger::Cron cron;
    trigger::SysSeconds last;  // everything up to here was started, or is too old to matter
  };
  /// What starts at times, and how its time is said.
  struct Schedule {
    std::string name;
    std::string text;
    std::string timezone;
    WallTime since = {};  ///< it is not older
  };
  std::vector<Schedule> workflows_of(const std::string& project) const;
  void set_schedules(const std::string& project);
  void add(const Key& key, const Schedule& schedule);
  void read_files();
  void ring_in(std::chrono::nanoseconds delay);
  Result<void> ring();
  Result<void> fire(const Key& key, trigger::SysSeconds nominal);
  void arm();
  trigger::SysSeconds now() const;

  Context& context_;
  std::function<void()> accepted_;
  boost::asio::steady_timer timer_;
  std::map<std::string, std::vector<Schedule>> pipelines_;  // by project
  std::map<Key, Entry> entries_;
  std::shared_ptr<bool> running_;
};

}  // namespace melisai::serve
