// Workflow book: the workflows that are in force, in Context::workflows, and what the API changes
// of them. Those of the configuration are read-only here, and win by name. On the loop's thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/api/workflows.h"
#include "core/serve/context.h"

namespace melisai::serve {

class WorkflowBook final : public api::Workflows {
 public:
  /// `changed`: others are in force from now on.
  WorkflowBook(Context& context, std::function<void()> changed);

  /// Puts in force what is stored. What cannot be, because the configuration is another one now,
  /// is logged and kept.
  Result<void> open();

  std::vector<api::WorkflowView> all() const override;
  std::optional<api::WorkflowView> find(const std::string& name) const override;
  std::vector<std::string> names_for(const std::string& project) const override;
  api::WorkflowResult create(const Change& change) override;
  api::WorkflowResult replace(const std::string& name, std::int64_t revision,
                              const Change& change) override;
  api::WorkflowResult remove(const std::string& name, std::int64_t revision,
                             const std::string& by) override;

 private:
  using Answer = api::WorkflowResult;
  Result<void> put_in_force();
  const store::StoredWorkflow* stored(const std::string& name) const;
  api::WorkflowView view_of(const store::StoredWorkflow& stored) const;
  /// The name that the text gives its workflow, or why it cannot be in force beside the others.
  std::variant<std::string, api::WorkflowRefusal> checked(const std::string& text,
                                                          const std::string& replaced) const;
  Answer store(store::StoredWorkflow workflow, const char* what);

  Context& context_;
  std::function<void()> changed_;
  ConfigSources sources_;
  std::vector<store::StoredWorkflow> stored_;  // by name
};

}  // namespace melisai::serve
