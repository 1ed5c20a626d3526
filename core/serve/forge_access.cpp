#include "core/serve/forge_access.h"

#include "core/base/files.h"
#include "core/forge/forge.h"
#include "core/publish/app_login.h"

namespace melisai::serve {
namespace {

constexpr Bytes kKeyMax = 64 << 10;
/// Of a login for a question, two requests; a question is asked again later.
constexpr Milliseconds kLoginDeadline{30'000};

}  // namespace

Result<forge::Account> log_in(const WatchedProject& project, const publish::Outside& outside,
                              Milliseconds deadline) {
  std::optional<forge::Account> account = forge::account_of(project);
  if (!account)
    return Error{Errc::config,
                 "nothing says how to ask the forge of " + project.name + " (projects[].forge)"};
  const ForgeApp& app = project.forge->app;
  if (app.id.empty()) return *std::move(account);
  Result<std::string> key = read_file(app.key_file, kKeyMax);
  if (!key) return Error{Errc::config, "projects[].forge.app.key_file: " + key.error().message};
  MELISAI_TRY(publish::InstallationToken token,
              publish::installation_token(*account, {.id = app.id, .private_key = *std::move(key)},
                                          outside, deadline));
  account->token = std::move(token.token);
  return *std::move(account);
}

MayWrite ask_forge(const ServeWorld& world) {
  return [&world](const WatchedProject& project, const store::ApprovalRequest& request,
                  const Interrupt& interrupt) -> Result<bool> {
    if (!project.forge)
      return Error{Errc::config, "nothing says how to ask the forge of " + project.name +
                                     " who may write to it (projects[].forge); an operator can "
                                     "approve with `melisai-gate approve`"};
    MELISAI_TRY(const std::unique_ptr<HttpClient> client, world.open_web());
    MELISAI_TRY(const forge::Account account,
                log_in(project, {.client = *client, .clock = world.clock, .interrupt = interrupt},
                       kLoginDeadline));
    return forge::may_write(account, {.id = request.user_id, .login = request.login}, *client,
                            interrupt);
  };
}

}  // namespace melisai::serve
