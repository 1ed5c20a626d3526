// Workflows that are kept in memory and never read: what is sent is refused when the test says so.
#pragma once

#include <map>
#include <string>

#include "core/api/workflows.h"
#include "core/model/serve_config.h"

namespace melisai::api {

class FakeWorkflows final : public Workflows {
 public:
  explicit FakeWorkflows(const ServeConfig& config) : config_(config) {}

  std::vector<WorkflowView> all() const override {
    std::vector<WorkflowView> views;
    for (const auto& [name, view] : views_) views.push_back(view);
    return views;
  }
  std::optional<WorkflowView> find(const std::string& name) const override {
    const auto found = views_.find(name);
    return found == views_.end() ? std::nullopt : std::optional(found->second);
  }
  std::vector<std::string> names_for(const std::string& project) const override {
    std::vector<std::string> names;
    for (const Workflow& workflow : config_.workflows)
      if (workflow.projects.empty() || workflow.projects.front() == project)
        names.push_back(workflow.name);
    return names;
  }
  WorkflowResult create(const Change& change) override { return put("release", change); }
  WorkflowResult replace(const std::string& name, std::int64_t revision,
                         const Change& change) override {
    replaced = revision;
    return put(name, change);
  }
  WorkflowResult remove(const std::string& name, std::int64_t revision,
                        const std::string&) override {
    if (refusal) return *refusal;
    replaced = revision;
    const WorkflowView removed = views_.at(name);
    views_.erase(name);
    return removed;
  }
  void add_of_file(const std::string& name) {
    views_[name] = {.name = name, .of_file = true, .definition = kDefinition};
  }

  std::optional<WorkflowRefusal> refusal;
  std::int64_t replaced = 0;
  std::string by;

 private:
  static constexpr const char* kDefinition =
      R"({"trigger": "manual", "steps": [{"pipeline": "build"}]})";

  WorkflowResult put(const std::string& name, const Change& change) {
    if (refusal) return *refusal;
    by = change.by;
    return views_[name] = {.name = name,
                           .definition = kDefinition,
                           .text = change.text,
                           .revision = ++revision_,
                           .changed_by = change.by,
                           .changed_at = WallTime{}};
  }

  const ServeConfig& config_;
  std::map<std::string, WorkflowView> views_;
  std::int64_t revision_ = 0;
};

}  // namespace melisai::api
