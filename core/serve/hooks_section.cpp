#include "core/serve/hooks_section.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/text.h"

namespace melisai::serve {
namespace {

constexpr std::size_t kTriggersMax = 50;
constexpr int kPortMax = 65'535;
constexpr int kSubmissionsPort = 465;  // TLS from the first byte: RFC 8314, section 3.3
constexpr std::size_t kRecipientsMax = 50;
constexpr ConfigRange<Milliseconds> kDeliveryRange = {.min = std::chrono::seconds(1),
                                                      .max = std::chrono::minutes(10)};

std::string read_trigger_project(ConfigMap& map, const std::vector<WatchedProject>& projects) {
  std::vector<std::string> names;
  for (const WatchedProject& project : projects) names.push_back(project.name);
  const std::string name = map.string("project", names.size() == 1 ? names.front() : "");
  if (std::find(names.begin(), names.end(), name) != names.end() || names.empty()) return name;
  map.fail("project",
           map.find("project") == nullptr
               ? "a trigger needs 'project' when there are several"
               : "no project is called " + in_quotes(name) + suggestion(name, names, "projects"));
  return name;
}

/// What a line may start is said here and not by the program.
void read_what_may_start(ConfigMap& map, const std::optional<std::vector<std::string>>& known,
                         CustomTrigger& trigger, Reading& reading) {
  trigger.pipelines = one_or_more(map, "pipelines", reading);
  trigger.commits = map.boolean("commits", trigger.commits);
  for (const std::string& name : trigger.pipelines) {
    if (!run::is_valid_name(name))
      map.fail("pipelines", in_quotes(name) + " is not a valid name of a pipeline");
    else if (known && std::find(known->begin(), known->end(), name) == known->end())
      map.fail("pipelines", "no pipeline or workflow is called " + in_quotes(name) +
                                suggestion(name, *known, "there are"));
  }
}

CustomTrigger read_trigger(const ConfigEntry& entry, const std::vector<WatchedProject>& projects,
                           const std::optional<std::vector<std::string>>& known, Reading& reading) {
  CustomTrigger trigger{.name = entry.key, .argv = {}, .project = "", .pipelines = {}};
  if (!is_plain_name(entry.key))
    reading.errors.add(entry.position, in_quotes(entry.key) + " cannot be the name of a trigger; " +
                                           std::string(kPlainNameRule));
  ConfigMap map(entry.value, reading.errors);
  const std::string program = map.string("command", "");
  // One without a slash is looked for in PATH.
  trigger.argv = {program.find('/') == std::string::npos ? program
                                                         : absolute_path(program, reading)};
  for (std::string& argument : map.strings("args")) trigger.argv.push_back(std::move(argument));
  trigger.project = read_trigger_project(map, projects);
  read_what_may_start(map, known, trigger, reading);
  trigger.restart = map.boolean("restart", trigger.restart);
  map.finish();
  if (trigger.argv.front().empty())
    map.fail("command", "trigger " + in_quotes(entry.key) +
                            " needs 'command', a program; its arguments are 'args'");
  if (trigger.pipelines.empty() && !trigger.commits)
    map.fail("pipelines", "trigger " + in_quotes(entry.key) +
                              " may start nothing; name 'pipelines' that its lines may start, or "
                              "write commits: true");
  return trigger;
}

// One word of ASCII with one '@': it becomes a line of a conversation with a mail server, and a
// header.
bool is_email(std::string_view address) {
  const std::size_t at = address.find('@');
  const bool plain = std::all_of(address.begin(), address.end(),
                                 [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  return plain && address.size() <= 254 && at != 0 && at + 1 < address.size() &&
         address.find('@', at + 1) == std::string_view::npos &&
         address.find_first_of(" <>\"(),;:\\") == std::string_view::npos;
}

void read_server(ConfigMap& map, EmailOptions& email) {
  email.host = map.string("smtp", "");
  const std::size_t colon = email.host.find(':');
  if (colon != std::string::npos) {
    const std::string port = email.host.substr(colon + 1);
    const char* const end = port.data() + port.size();
    const auto [stop, error] = std::from_chars(port.data(), end, email.port);
    if (error != std::errc{} || stop != end || email.port < 1 || email.port > kPortMax)
      map.fail("smtp", in_quotes(port) + " is no port; write the server as host or host:port");
    email.host.resize(colon);
  }
  const bool odd =
      printable(email.host) != email.host || email.host.find_first_of(" /@") != std::string::npos;
  if (map.find("smtp") != nullptr && (email.host.empty() || odd))
    map.fail("smtp", "is no server; write host or host:port, such as localhost:25");
}

EmailOptions::Tls read_tls(ConfigMap& map, const EmailOptions& email) {
  constexpr std::array<std::string_view, 3> kWords = {"starttls", "always", "never"};
  const std::string_view by_default = email.port == kSubmissionsPort ? "always"
                                      : is_this_machine(email.host)  ? "never"
                                                                     : "starttls";
  const std::string word = map.one_of("tls", kWords, by_default);
  if (word == "never") return EmailOptions::Tls::never;
  return word == "always" ? EmailOptions::Tls::always : EmailOptions::Tls::starttls;
}

void read_login(ConfigMap& map, EmailOptions& email, Reading& reading) {
  email.tls = read_tls(map, email);
  email.ca_file = absolute_path(map.string("ca_file", ""), reading);
  email.user = expanded(map, "user", reading);
  email.password = expanded(map, "password", reading);
  if (email.user.empty() && !email.password.empty())
    map.fail("password", "is of no use without 'user'");
  if (email.tls != EmailOptions::Tls::never) return;
  if (!email.ca_file.empty()) map.fail("ca_file", "is of no use with 'tls: never'");
  if (!email.user.empty() && !is_this_machine(email.host))
    map.fail("user", "would be sent readable by everybody on the way; use 'tls: starttls'");
}

EmailOptions read_email(const ConfigValue& section, Reading& reading) {
  EmailOptions email;
  if (section.kind == ConfigValue::Kind::null) return email;
  ConfigMap map(section, reading.errors);
  read_server(map, email);
  read_login(map, email, reading);
  email.from = map.string("from", "");
  email.to = one_or_more(map, "to", reading);
  map.finish();
  if (email.host.empty()) map.fail("smtp", "e-mail needs 'smtp', the server that takes it");
  if (!is_email(email.from)) map.fail("from", in_quotes(email.from) + " is no e-mail address");
  if (email.to.empty()) map.fail("to", "e-mail needs 'to', at least one address");
  if (email.to.size() > kRecipientsMax)
    map.fail("to", "more than " + std::to_string(kRecipientsMax) + " addresses; use a list's");
  for (const std::string& address : email.to)
    if (!is_email(address)) map.fail("to", in_quotes(address) + " is no e-mail address");
  return email;
}

WebNoticeOptions read_web(const ConfigValue& section, Reading& reading) {
  WebNoticeOptions web;
  if (section.kind == ConfigValue::Kind::null) return web;
  constexpr std::array<std::string_view, 2> kFormats = {"json", "slack"};
  ConfigMap map(section, reading.errors);
  web.url = private_text(map, "url", reading);  // of chat services all that one has to know
  if (map.one_of("format", kFormats, "json") == "slack")
    web.format = WebNoticeOptions::Format::slack;
  web.token = expanded(map, "token", reading);
  web.ca_file = absolute_path(map.string("ca_file", ""), reading);
  web.allow_private = map.boolean("allow_private", web.allow_private);
  map.finish();
  if (web.url.empty())
    map.fail("url", "a web service needs 'url', its address");
  else if (const std::string problem = url_problem(web.url); !problem.empty())
    map.fail("url", problem);
  return web;
}

}  // namespace

std::vector<CustomTrigger> read_triggers(const ConfigValue& section,
                                         const std::vector<WatchedProject>& projects,
                                         const std::optional<std::vector<std::string>>& known,
                                         Reading& reading) {
  const ConfigMap kind_check(section, reading.errors);
  if (section.entries.size() > kTriggersMax)
    reading.errors.add(
        section.entries[kTriggersMax].position,
        "more than " + std::to_string(kTriggersMax) + " triggers, the limit of a file");
  std::vector<CustomTrigger> triggers;
  for (const ConfigEntry& entry : section.entries)
    triggers.push_back(read_trigger(entry, projects, known, reading));
  return triggers;
}

NotifyOptions read_notify(const ConfigValue& section, Reading& reading) {
  NotifyOptions notify;
  ConfigMap map(section, reading.errors);
  notify.command = run::read_run_line(map, "command", reading.errors);
  notify.email = read_email(map.section("email"), reading);
  notify.web = read_web(map.section("webhook"), reading);
  notify.log = map.boolean("log", notify.log);
  notify.timeout = map.duration("timeout", notify.timeout, kDeliveryRange);
  notify.retries_max = map.integer("max_retries", notify.retries_max, {.min = 0, .max = 20});
  map.finish();
  return notify;
}

RunLine read_fixer(const ConfigValue& section, Reading& reading) {
  ConfigMap map(section, reading.errors);
  RunLine command = run::read_run_line(map, "command", reading.errors);
  map.finish();
  return command;
}

}  // namespace melisai::serve
