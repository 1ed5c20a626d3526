// Workflows: what the API does with them; the daemon does it (core/serve/workflow_book.h). On the
// loop's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/model/pipeline_run.h"

namespace melisai::api {

/// One that there is, in force or not.
struct WorkflowView {
  std::string name;
  bool of_file = false;    ///< of the operator's configuration, which nobody changes over the API
  std::string definition;  ///< JSON, what stands under its name in a configuration; "": unreadable
  std::string text;        ///< as it was sent; "" of the file
  std::int64_t revision = 0;           ///< another one after each change; 0 of the file
  std::string problem;                 ///< why nothing starts it; "" while it is in force
  std::string changed_by;              ///< name of a token; "" of the file
  std::optional<WallTime> changed_at;  ///< nothing of the file
};

struct WorkflowRefusal {
  enum class Kind {
    malformed,  ///< no text of a workflow
    wrong,      ///< what it says is wrong
    too_long,
    unknown,   ///< there is none of that name
    conflict,  ///< of the file, there already, needed by others, too many
    stale,     ///< another revision is there
    not_now    ///< the disk or the queue does not take it
  };
  Kind kind = Kind::wrong;
  std::string message;
};
using WorkflowResult = std::variant<WorkflowView, WorkflowRefusal>;

class Workflows {
 public:
  Workflows() = default;
  Workflows(const Workflows&) = delete;
  Workflows& operator=(const Workflows&) = delete;
  virtual ~Workflows() = default;

  virtual std::vector<WorkflowView> all() const = 0;  ///< by name
  /// Nothing without one. Of a name that is in the file and stored: the file's.
  virtual std::optional<WorkflowView> find(const std::string& name) const = 0;
  /// That are in force in that project.
  virtual std::vector<std::string> names_for(const std::string& project) const = 0;

  // Durable when they return; the next event sees them.
  struct Change {
    std::string text;  ///< YAML, so also JSON: a section `workflows` with one entry
    std::string by;    ///< name of the token
  };
  virtual WorkflowResult create(const Change& change) = 0;
  virtual WorkflowResult replace(const std::string& name, std::int64_t revision,
                                 const Change& change) = 0;
  /// What is not there any more then.
  virtual WorkflowResult remove(const std::string& name, std::int64_t revision,
                                const std::string& by) = 0;
};

}  // namespace melisai::api
