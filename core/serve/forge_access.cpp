#include "core/serve/forge_access.h"

namespace melisai::serve {

MayWrite ask_forge(const ServeWorld& /*world*/) {
  return [](const WatchedProject& project, const store::ApprovalRequest&,
            const Interrupt&) -> Result<bool> {
    return Error{Errc::config, "nothing says how to ask the forge of " + project.name +
                                   " who may write to it; an operator can approve with "
                                   "`melisai-gate approve`"};
  };
}

}  // namespace melisai::serve
