#include "core/trigger/zone.h"

#include <date/tz.h>

#include <exception>
#include <utility>
#include <vector>

#include "core/base/text.h"

namespace melisai::trigger {
namespace {

constexpr std::string_view kUtc = "UTC";

Error unknown(const std::string& name, const date::tzdb& database) {
  std::vector<std::string> names;
  for (const date::time_zone& zone : database.zones) names.push_back(zone.name());
  const std::string near = nearest_name(name, names);
  return Error{Errc::config, "unknown time zone " + in_quotes(name) +
                                 (near.empty() ? "; write UTC or a name such as Europe/Berlin"
                                               : "; did you mean " + in_quotes(near) + "?")};
}

}  // namespace

Result<Zone> Zone::find(const std::string& name) {
  Zone zone(name);
  if (name == kUtc) return zone;
  try {
    const date::tzdb& database = date::get_tzdb();
    for (const date::time_zone& known : database.zones)
      if (known.name() == name) zone.rules_ = &known;
    if (zone.rules_ == nullptr) return unknown(name, database);
    zone.offset(SysSeconds());  // the library reads a zone's file when it is first asked
    return zone;
  } catch (const std::exception& error) {
    return Error{Errc::config, "time zone " + in_quotes(name) +
                                   " cannot be read; install tzdata, or write UTC (" +
                                   error.what() + ")"};
  }
}

Zone::Offset Zone::offset(SysSeconds at) const {
  if (rules_ == nullptr) return {.ahead = {}, .end = SysSeconds::max()};
  const date::sys_info info = rules_->get_info(at);
  return {.ahead = info.offset, .end = info.end};
}

SysSeconds Zone::first_instant(LocalSeconds local) const {
  const std::chrono::seconds since_epoch = local.time_since_epoch();
  if (rules_ == nullptr) return SysSeconds(since_epoch);
  const date::local_info info = rules_->get_info(date::local_seconds(since_epoch));
  if (info.result == date::local_info::nonexistent) return info.first.end;
  return SysSeconds(since_epoch - info.first.offset);
}

}  // namespace melisai::trigger
