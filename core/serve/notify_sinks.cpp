#include "core/serve/notify_sinks.h"

#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/serve/approval_check.h"
#include "core/serve/mail_message.h"
#include "core/serve/notice_text.h"
#include "core/serve/report_sink.h"
#include "core/serve/web_message.h"

namespace melisai::serve {
namespace {

constexpr Bytes kOutputMax = 64 << 10;  // of notify.command; its last line explains a failure
constexpr Bytes kLastLineMax = 300;
constexpr Milliseconds kGrace{2'000};

Result<void> write_to_log(const Notice& notice) {
  const std::string line = "notice: " + headline_of(notice);
  switch (notice.level) {
    case Notice::Level::info: log_info(line); break;
    case Notice::Level::warning: log_warning(line); break;
    case Notice::Level::error: log_error(line); break;
    case Notice::Level::critical: log_critical(line); break;
  }
  return {};
}

std::string last_line_of(const std::string& file) {
  std::string text = file_tail(file, kLastLineMax);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::size_t start = text.rfind('\n');
  return printable(start == std::string::npos ? text : text.substr(start + 1));
}

/// Runs notify.command with the notice on its standard input.
class CommandSink {
 public:
  CommandSink(const ServeWorld& world, const NotifyOptions& options, const std::string& state_dir)
      : world_(world), options_(options), state_dir_(state_dir) {}

  Result<void> operator()(const Notice& notice, const Interrupt& interrupt) const {
    MELISAI_TRY(const TemporaryDirectory directory,
                TemporaryDirectory::make(state_dir_, "notice-"));
    const Command command = command_in(directory.path());
    MELISAI_CHECK(write_file(command.stdin_file, to_json(notice)));
    MELISAI_TRY(const Exit exit, world_.make_runner(interrupt)->run(command));
    if (exit.ok()) return {};
    if (exit.end == Exit::End::interrupted) return Error{Errc::interrupted, "was interrupted"};
    const std::string last = last_line_of(command.stdout_file);
    return Error{Errc::process, text_of(options_.command) + ": " + describe(exit, command.timeout) +
                                    (last.empty() ? "" : ": " + last)};
  }

 private:
  Command command_in(const std::string& directory) const {
    Command command;
    command.argv = argv_of(options_.command);
    command.env = world_.environment;
    command.cwd = state_dir_;
    command.stdin_file = directory + "/notice.json";
    command.stdout_file = command.stderr_file = directory + "/output";
    command.output_max = kOutputMax;
    command.timeout = options_.timeout;
    command.grace = kGrace;
    return command;
  }

  const ServeWorld& world_;
  const NotifyOptions& options_;
  std::string state_dir_;
};

std::string_view word_for(EmailOptions::Tls tls) {
  switch (tls) {
    case EmailOptions::Tls::starttls: return "starttls";
    case EmailOptions::Tls::always: return "always";
    case EmailOptions::Tls::never: return "never";
  }
  return "";
}

/// See core/mail/README.md.
std::string mail_request(const Notice& notice, const NotifyOptions& options) {
  const EmailOptions& email = options.email;
  const nlohmann::json json{{"host", email.host},
                            {"port", email.port},
                            {"tls", word_for(email.tls)},
                            {"ca_file", email.ca_file},
                            {"user", email.user},
                            {"password", email.password},
                            {"from", email.from},
                            {"to", email.to},
                            {"message", mail_message(notice, email)},
                            {"timeout_ms", options.timeout.count()}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Gives a notice to a web service.
Result<void> deliver_to_web(const Notice& notice, const NotifyOptions& options,
                            const ServeWorld& world, const Interrupt& interrupt) {
  MELISAI_TRY(const std::unique_ptr<HttpClient> client, world.open_web());
  SeededRng rng(fresh_seed());
  MELISAI_TRY(const HttpAnswer answer,
              send_patiently(*client, web_call(notice, options), {.wait_max = options.timeout}, rng,
                             wait_for_real, interrupt));
  if (answer.ok()) return {};
  return Error{Errc::unavailable,
               host_in(options.web.url) + ": answered " + std::to_string(answer.status)};
}

}  // namespace

std::vector<Sink> sinks_of(const Context& context) {
  const NotifyOptions& options = context.config.notify;
  const ServeWorld& world = context.world;
  std::vector<Sink> sinks;
  if (options.log)
    sinks.push_back({.name = "log", .deliver = [](const Notice& notice, const Interrupt&) {
                       return write_to_log(notice);
                     }});
  if (!options.command.empty())
    sinks.push_back({.name = "command",
                     .blocks = true,
                     .deliver = CommandSink(world, options, context.state_dir)});
  if (!options.email.host.empty())
    sinks.push_back(
        {.name = "email",
         .blocks = true,
         .deliver = [&world, &options](const Notice& notice, const Interrupt& interrupt) {
           return world.send_mail(mail_request(notice, options), options.timeout, interrupt);
         }});
  if (!options.web.url.empty())
    sinks.push_back(
        {.name = "webhook",
         .blocks = true,
         .deliver = [&world, &options](const Notice& notice, const Interrupt& interrupt) {
           return deliver_to_web(notice, options, world, interrupt);
         }});
  for (const WatchedProject& project : context.config.projects)
    if (project.forge && project.forge->publish != ForgeAccess::Publish::off)
      sinks.push_back(
          {.name = report_sink_of(project.name),
           .blocks = true,
           .reports_of = project.name,
           // Only apps are told who presses the button.
           .asks_for_approval = !project.forge->app.id.empty(),
           .deliver = [&context, &project](const Notice& notice, const Interrupt& interrupt) {
             return notice.proposal ? publish_approval(notice, project, context, interrupt)
                                    : publish_report(notice, project, context, interrupt);
           }});
  return sinks;
}

NoticeRules notice_rules(const ServeConfig& config, const std::vector<Sink>& sinks) {
  const FailurePolicy& failure = config.orchestrator.failure;
  NoticeRules rules{.failures = failure.notify,
                    .escalate_after = failure.escalate_after,
                    .pause = failure.pause,
                    .sinks = {}};
  for (const Sink& sink : sinks)
    if (sink.reports_of.empty())
      rules.sinks.push_back(sink.name);
    else
      rules.reports[sink.reports_of] = sink.name;
  for (const Sink& sink : sinks)
    if (sink.asks_for_approval) rules.approvals[sink.reports_of] = sink.name;
  return rules;
}

}  // namespace melisai::serve
