#include "core/serve/workflow_book.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/base/text.h"
#include "core/base/units.h"
#include "core/serve/workflow_json.h"
#include "core/serve/workflow_runs.h"

namespace melisai::serve {
namespace {

using api::WorkflowRefusal;
using api::WorkflowView;
using Kind = WorkflowRefusal::Kind;

constexpr const char* kBody = "body";  // stands where a file has its name

const Workflow* find_in(const std::vector<Workflow>& all, const std::string& name) {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Workflow& workflow) { return workflow.name == name; });
  return found == all.end() ? nullptr : &*found;
}

WorkflowView view_of_file(const Workflow& workflow) {
  return {.name = workflow.name, .of_file = true, .definition = workflow_to_json(workflow)};
}

WorkflowRefusal of_file(const std::string& name) {
  return {Kind::conflict,
          "workflow " + in_quotes(name) + " is one of the configuration file; it is changed there"};
}

WorkflowRefusal stale() {
  return {Kind::stale, "the workflow has been changed since; read it again"};
}

WorkflowRefusal not_now(const Error& error) { return {Kind::not_now, error.message}; }

}  // namespace

WorkflowBook::WorkflowBook(Context& context, std::function<void()> changed)
    : context_(context),
      changed_(std::move(changed)),
      // No key of a workflow is a path.
      sources_(sources_for("/", context.world.env)) {}

Result<void> WorkflowBook::open() {
  MELISAI_CHECK(put_in_force());
  for (const auto& [name, problem] : context_.workflows->problems)
    log_warning("workflow " + in_quotes(name) + " of the API is not in force: " + problem);
  return {};
}

Result<void> WorkflowBook::put_in_force() {
  MELISAI_TRY(stored_, context_.queue.workflows());
  context_.workflows =
      std::make_shared<const WorkflowSet>(workflows_in_force(context_.config, stored_, sources_));
  return {};
}

const store::StoredWorkflow* WorkflowBook::stored(const std::string& name) const {
  const auto found = std::find_if(stored_.begin(), stored_.end(),
                                  [&](const auto& each) { return each.name == name; });
  return found == stored_.end() ? nullptr : &*found;
}

WorkflowView WorkflowBook::view_of(const store::StoredWorkflow& stored) const {
  const WorkflowSet& set = *context_.workflows;
  const Workflow* const workflow = find_in(set.all, stored.name);
  const auto problem = set.problems.find(stored.name);
  return {.name = stored.name,
          .definition = workflow == nullptr ? "" : workflow_to_json(*workflow),
          .text = stored.text,
          .revision = stored.revision,
          .problem = problem == set.problems.end() ? "" : problem->second,
          .changed_by = stored.changed_by,
          .changed_at = stored.changed_at};
}

std::vector<WorkflowView> WorkflowBook::all() const {
  std::vector<WorkflowView> views;
  for (const Workflow& workflow : context_.config.workflows)
    views.push_back(view_of_file(workflow));
  for (const store::StoredWorkflow& each : stored_)
    if (find_in(context_.config.workflows, each.name) == nullptr) views.push_back(view_of(each));
  std::sort(views.begin(), views.end(),
            [](const auto& one, const auto& other) { return one.name < other.name; });
  return views;
}

std::optional<WorkflowView> WorkflowBook::find(const std::string& name) const {
  if (const Workflow* const workflow = find_in(context_.config.workflows, name))
    return view_of_file(*workflow);
  const store::StoredWorkflow* const found = stored(name);
  return found == nullptr ? std::nullopt : std::optional(view_of(*found));
}

std::vector<std::string> WorkflowBook::names_for(const std::string& project) const {
  std::vector<std::string> names;
  for (const Workflow& workflow : context_.workflows->all)
    if (applies_to(workflow, project)) names.push_back(workflow.name);
  return names;
}

std::variant<std::string, WorkflowRefusal> WorkflowBook::checked(
    const std::string& text, const std::string& replaced) const {
  const Bytes size_max = context_.config.http.workflow_size_max;
  if (text.size() > size_max)
    return WorkflowRefusal{Kind::too_long, "the text of a workflow is longer than " +
                                               format_bytes(size_max) +
                                               " (http.max_workflow_size)"};
  std::vector<Workflow> others = context_.workflows->all;
  std::erase_if(others, [&](const Workflow& each) { return each.name == replaced; });
  const Result<Workflow> workflow =
      read_stored_workflow(text, kBody, context_.config, others, sources_);
  if (!workflow)
    return WorkflowRefusal{workflow.error().code == Errc::parse ? Kind::malformed : Kind::wrong,
                           workflow.error().message};
  return workflow->name;
}

api::WorkflowResult WorkflowBook::create(const Change& change) {
  const auto read = checked(change.text, "");
  if (const auto* const refusal = std::get_if<WorkflowRefusal>(&read)) return *refusal;
  const std::string& name = std::get<std::string>(read);
  if (find_in(context_.config.workflows, name) != nullptr) return of_file(name);
  if (stored(name) != nullptr)
    return WorkflowRefusal{
        Kind::conflict, "there is a workflow " + in_quotes(name) + " already; PUT takes its place"};
  const auto limit = static_cast<std::size_t>(context_.config.http.workflows_max);
  if (stored_.size() >= limit)
    return WorkflowRefusal{Kind::conflict,
                           "no more than " + std::to_string(limit) +
                               " workflows are stored (http.max_workflows); remove one"};
  return store({.name = name, .text = change.text, .changed_by = change.by}, "stored");
}

api::WorkflowResult WorkflowBook::replace(const std::string& name, std::int64_t revision,
                                          const Change& change) {
  if (find_in(context_.config.workflows, name) != nullptr) return of_file(name);
  const auto read = checked(change.text, name);
  if (const auto* const refusal = std::get_if<WorkflowRefusal>(&read)) return *refusal;
  if (const std::string& written = std::get<std::string>(read); written != name)
    return WorkflowRefusal{Kind::wrong, "the text is of workflow " + in_quotes(written) + ", not " +
                                            in_quotes(name) + "; a name cannot be changed"};
  return store({.name = name, .text = change.text, .changed_by = change.by, .revision = revision},
               "replaced");
}

api::WorkflowResult WorkflowBook::store(store::StoredWorkflow workflow, const char* what) {
  workflow.changed_at = context_.now();
  const auto done = context_.queue.store_workflow(workflow);
  if (!done) return not_now(done.error());
  if (!*done) return stale();
  if (const Result<void> read = put_in_force(); !read) return not_now(read.error());
  log_info("workflow " + in_quotes(workflow.name) + " was " + what + " by token " +
           printable(workflow.changed_by));
  changed_();
  return view_of(*stored(workflow.name));
}

api::WorkflowResult WorkflowBook::remove(const std::string& name, std::int64_t revision,
                                         const std::string& by) {
  if (find_in(context_.config.workflows, name) != nullptr) return of_file(name);
  const store::StoredWorkflow* const found = stored(name);
  if (found == nullptr)
    return WorkflowRefusal{Kind::unknown, "no workflow is called " + in_quotes(name)};
  const WorkflowView removed = view_of(*found);
  if (const auto users = users_of(name, context_.workflows->all); !users.empty())
    return WorkflowRefusal{Kind::conflict, "workflow " + in_quotes(name) + " is a step of " +
                                               in_quotes(users.front()) +
                                               "; change or remove that first"};
  const Result<bool> done = context_.queue.remove_workflow(name, revision);
  if (!done) return not_now(done.error());
  if (!*done) return stale();
  if (const Result<void> read = put_in_force(); !read) return not_now(read.error());
  log_info("workflow " + in_quotes(name) + " was removed by token " + printable(by));
  changed_();
  return removed;
}

}  // namespace melisai::serve
