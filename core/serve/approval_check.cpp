#include "core/serve/approval_check.h"

#include "core/api/buttons.h"
#include "core/base/text.h"
#include "core/serve/accept.h"
#include "core/serve/report_sink.h"

namespace melisai::serve {
namespace {

std::string how_to_approve(const Notice& notice, const WatchedProject& project) {
  const std::string& sha = notice.run.sha;
  const std::string& label = project.pull_requests.approval_label;
  std::string text =
      "This pull request comes from a fork. Nothing of it runs until somebody who may write to "
      "this repository has read this commit and approved it, in one of these ways:\n\n"
      "- the button **Approve** above;\n"
      "- the comment `/melisai-gate approve " +
      sha + "`;\n";
  if (!label.empty()) text += "- the label `" + label + "`;\n";
  return text + "- `" + approve_command(project.name, notice.proposal->number, sha) +
         "` on the machine of the daemon.\n\nIt counts for this commit alone: a new push waits "
         "again.\n";
}

publish::Content content_of(const Notice& notice, const WatchedProject& project) {
  // By number: of two pull requests at one commit each waits for its own approval.
  publish::Content content{.context = {.name = std::string(kApprovalContext) + "." +
                                               std::to_string(notice.proposal->number)}};
  if (notice.event == Notice::Event::approved) {
    content.check = {.conclusion = report::Conclusion::neutral,
                     .title = "Approved by " + notice.proposal->approved_by,
                     .summary = "This commit may run. A new push waits again.\n",
                     .annotations = {}};
    content.status_state = "success";
  } else {
    content.check = {.conclusion = report::Conclusion::action_required,
                     .title = "Waits for the approval of somebody who may write",
                     .summary = how_to_approve(notice, project),
                     .annotations = {}};
    content.status_state = "pending";
  }
  content.status_text = content.check.title;
  return content;
}

}  // namespace

Result<void> publish_approval(const Notice& notice, const WatchedProject& project,
                              const Context& context, const Interrupt& interrupt) {
  const std::int64_t number = notice.proposal->number;
  publish::Place place{.sha = notice.run.sha};
  place.id = api::approval_id(number, publication_of(notice));
  if (notice.event == Notice::Event::approval_wanted)
    place.buttons = {{std::string(api::kApprove), "Approve"}};
  return put_on_forge(project.name + ": " + name_of(*notice.proposal), place,
                      content_of(notice, project), project, context, interrupt);
}

}  // namespace melisai::serve
