#include "core/serve/forge_access.h"

#include "core/forge/forge.h"

namespace melisai::serve {

MayWrite ask_forge(const ServeWorld& world) {
  return [open_web = world.open_web](const WatchedProject& project,
                                     const store::ApprovalRequest& request,
                                     const Interrupt& interrupt) -> Result<bool> {
    const auto account = forge::account_of(project);
    if (!account)
      return Error{Errc::config, "nothing says how to ask the forge of " + project.name +
                                     " who may write to it (projects[].forge); an operator can "
                                     "approve with `melisai-gate approve`"};
    MELISAI_TRY(const std::unique_ptr<HttpClient> client, open_web());
    return forge::may_write(*account, {.id = request.user_id, .login = request.login}, *client,
                            interrupt);
  };
}

}  // namespace melisai::serve
