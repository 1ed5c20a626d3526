// Pull requests and the comments on them, told by their forge.
#include "core/api/hooks.h"

namespace melisai::api {

Result<HookAnswer> handle_pull_request(const trigger::WebhookEvent& /*happening*/,
                                       const SignedEvent& /*event*/,
                                       const HookContext& /*context*/) {
  return HookAnswer{.ignored = "pull requests are not run yet"};
}

}  // namespace melisai::api
