#include "core/serve/secrets_section.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fd.h"
#include "core/base/secrets.h"
#include "core/base/text.h"

namespace melisai::serve {
namespace {

constexpr std::size_t kSourcesMax = 200;

/// O_NOFOLLOW and O_NONBLOCK: neither a link nor a FIFO is a secret.
Result<std::string> read_private_file(const std::string& path) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (fd.get() < 0 || fstat(fd.get(), &status) != 0)
    return Error{Errc::config, error_from_errno(errno, path + " cannot be read").message};
  if (!S_ISREG(status.st_mode)) return Error{Errc::config, path + " is not a regular file"};
  if (status.st_uid != geteuid())
    return Error{Errc::config, path +
                                   " belongs to another user; chown it to the one that runs "
                                   "melisai-gate"};
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return Error{Errc::config, path + " is not private; chmod 600 " + path};
  std::string text(kSecretMax + 3, '\0');  // with the end of its last line, and one byte too many
  const ssize_t size = read(fd.get(), text.data(), text.size());
  if (size < 0)
    return Error{Errc::config, error_from_errno(errno, path + " cannot be read").message};
  text.resize(static_cast<std::size_t>(size));
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace

std::map<std::string, SecretSource> read_secret_sources(const ConfigValue& section,
                                                        Reading& reading) {
  std::map<std::string, SecretSource> sources;
  const ConfigMap kind_check(section, reading.errors);
  for (const ConfigEntry& entry : section.entries) {
    if (!is_env_name(entry.key))
      reading.errors.add(entry.position, in_quotes(entry.key) +
                                             " is not a name of a secret; use letters, digits and "
                                             "'_', not starting with a digit");
    ConfigMap map(entry.value, reading.errors);
    SecretSource& source = sources[entry.key];
    source.file = map.string("file", "");
    source.env = map.string("env", "");
    map.finish();
    if (source.file.empty() == source.env.empty())
      map.fail("file", "a secret comes from either 'file' or 'env'");
    if (!source.file.empty() && source.file.front() != '/')
      map.fail("file", "the path of a secret is an absolute one");
    if (!source.env.empty() && !is_env_name(source.env))
      map.fail("env", in_quotes(source.env) + " is not a name of an environment variable");
  }
  if (sources.size() > kSourcesMax)
    reading.errors.add(section.position, "more than " + std::to_string(kSourcesMax) + " secrets");
  return sources;
}

std::string variable_of(const std::string& name,
                        const std::map<std::string, SecretSource>& sources) {
  const auto source = sources.find(name);
  return source == sources.end() || source->second.env.empty() ? name : source->second.env;
}

Result<std::string> secret_value(const std::string& name,
                                 const std::map<std::string, SecretSource>& sources,
                                 const EnvLookup& env) {
  const auto source = sources.find(name);
  const std::string start = "secret " + in_quotes(name) + ": ";
  std::string value;
  if (source != sources.end() && !source->second.file.empty()) {
    Result<std::string> content = read_private_file(source->second.file);
    if (!content) return Error{Errc::config, start + content.error().message};
    value = *std::move(content);
  } else {
    const std::string variable = variable_of(name, sources);
    std::optional<std::string> found = env(variable);
    if (!found)
      return Error{Errc::config, start + "environment variable " + in_quotes(variable) +
                                     " is not set; set it, or name a file in 'secrets'"};
    value = *std::move(found);
  }
  if (value.size() < kSecretMin)
    return Error{Errc::config, start + "shorter than " + std::to_string(kSecretMin) +
                                   " bytes; it could not be masked in logs"};
  if (value.size() > kSecretMax)
    return Error{Errc::config, start + "longer than " + format_bytes(kSecretMax)};
  if (value.find('\0') != std::string::npos)
    return Error{Errc::config, start + "it holds a NUL byte, which no variable can"};
  return value;
}

std::vector<std::string> private_files(const ServeConfig& config) {
  std::vector<std::string> files{config.http.key};
  for (const auto& [name, source] : config.secret_sources) files.push_back(source.file);
  for (const WatchedProject& project : config.projects)
    if (project.forge) files.push_back(project.forge->app.key_file);
  std::erase(files, "");
  return files;
}

}  // namespace melisai::serve
