#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "core/measure/formats/csv.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/units.h"
#include "core/measure/formats/xml.h"

namespace melisai::formats {
namespace {

constexpr double kMillisecond = 1e6;

/// Samples of a label count when they succeeded; a label of which none did has failed.
class Samples {
 public:
  explicit Samples(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> add(const std::string& label, std::string_view elapsed, bool succeeded) {
    const std::optional<double> time = number_from(elapsed);
    if (!time) return Error{Errc::parse, "'" + std::string(elapsed) + "' is no elapsed time"};
    Counts& counts = counts_[label];
    ++(succeeded ? counts.good : counts.bad);
    return succeeded ? builder_.add(label, latency(), *time * kMillisecond) : Result<void>();
  }
  Result<void> finish() {
    for (const auto& [label, counts] : counts_) {
      if (counts.good == 0) builder_.fail(label, "every sample failed");
      MELISAI_CHECK(builder_.add_summary(label, errors(), static_cast<double>(counts.bad)));
    }
    return {};
  }

 private:
  struct Counts {
    std::size_t good = 0, bad = 0;
  };

  ReadingsBuilder& builder_;
  std::map<std::string, Counts> counts_;
};

Result<void> parse_csv(Lines& lines, ReadingsBuilder& builder) {
  MELISAI_TRY(CsvTable table, CsvTable::read_header(lines));
  const auto elapsed = table.column("elapsed"), label = table.column("label"),
             success = table.column("success");
  if (!elapsed || !label) return lines.wrong("there is no column 'elapsed' or 'label'");
  Samples samples(builder);
  while (true) {
    MELISAI_TRY(const std::optional<CsvFields> row, table.next());
    if (!row) return samples.finish();
    const bool succeeded = !success || (*row)[*success] == "true";
    if (const auto added = samples.add((*row)[*label], (*row)[*elapsed], succeeded); !added)
      return lines.wrong(added.error().message);
  }
}

/// Samples within a sample are its parts, and counted in it.
class Handler final : public XmlHandler {
 public:
  explicit Handler(Samples& samples) : samples_(samples) {}

  Result<void> begin(const std::string& element, const XmlAttributes& attributes) override {
    if (element != "httpSample" && element != "sample") return {};
    if (++depth_ > 1) return {};
    const auto text = [&](std::string_view name) {
      const auto found = attributes.find(name);
      return found == attributes.end() ? std::string() : found->second;
    };
    return samples_.add(text("lb"), text("t"), text("s") != "false");
  }
  Result<void> end(const std::string& element, const std::string&) override {
    if (element == "httpSample" || element == "sample") --depth_;
    return {};
  }

 private:
  Samples& samples_;
  int depth_ = 0;
};

/// "summary =   1000 in 00:00:01 = 1034.1/s Avg:     0 Min: ...": the last one is of the whole run.
class Text {
 public:
  Result<void> take(std::string_view line) {
    static const RE2 summary(
        R"((?:.*Summariser: )?(\S.*?) =\s+(\d+) in\s+\S+ =\s+([0-9.]+)/s Avg:\s+(\d+) )"
        R"(.*Err:\s+(\d+) .*)");
    std::string name, count, rate, average, failures;
    if (!RE2::FullMatch(line, summary, &name, &count, &rate, &average, &failures)) return {};
    last_[name] = {number_from(count).value_or(1), number_from(rate).value_or(-1),
                   number_from(average).value_or(-1), number_from(failures).value_or(0)};
    return {};
  }
  Result<void> finish(ReadingsBuilder& builder) const {
    for (const auto& [name, sums] : last_) {
      const auto n = count_from(sums.count);
      MELISAI_CHECK(builder.add_summary(name, latency(), sums.average_ms * kMillisecond, n));
      MELISAI_CHECK(builder.add_summary(name, throughput(), sums.rate, n));
      MELISAI_CHECK(builder.add_summary(name, errors(), sums.failures));
    }
    return {};
  }

 private:
  struct Sums {
    double count = 1, rate = 0, average_ms = 0, failures = 0;
  };
  std::map<std::string, Sums> last_;
};

/// statistics.json of the HTML report.
Result<void> add_statistics(const nlohmann::json& row, ReadingsBuilder& builder) {
  const std::string name = text_at(row, "transaction");
  const auto count = number_at(row, "sampleCount");
  if (name.empty() || !count) return {};
  const auto n = count_from(*count);
  const auto mean = number_at(row, "meanResTime");
  const auto rate = number_at(row, "throughput");
  if (mean) MELISAI_CHECK(builder.add_summary(name, latency(), *mean * kMillisecond, n));
  if (rate) MELISAI_CHECK(builder.add_summary(name, throughput(), *rate, n));
  return builder.add_summary(name, errors(), number_at(row, "errorCount").value_or(0));
}

bool is_csv(const Probe& probe) { return probe.has_line_starting("timeStamp,elapsed,label"); }

bool looks_like(const Probe& probe) {
  static const RE2 summary(R"((?:.*Summariser: )?\S.* [=+]\s+\d+ in\s+\S+ =\s+[0-9.]+/s Avg:.*)");
  if (probe.kind() == Probe::Kind::xml) return probe.root() == "testResults";
  if (probe.kind() == Probe::Kind::json)
    return probe.has("*.transaction") && probe.has("*.meanResTime");
  return is_csv(probe) ||
         std::any_of(probe.lines().begin(), probe.lines().end(), [](const std::string& line) {
           return line.find("/s Avg:") != std::string::npos && RE2::FullMatch(line, summary);
         });
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  const Probe probe(head, input.source());
  if (probe.kind() == Probe::Kind::xml) {
    Samples samples(builder);
    Handler handler(samples);
    MELISAI_CHECK(read_xml(input, limits, handler));
    return samples.finish();
  }
  if (probe.kind() == Probe::Kind::json) {
    MELISAI_TRY(const JsonPath path, JsonPath::parse("$[*]"));
    const auto rows = read_rows(input, limits, path, [&](const JsonRow& row) {
      return add_statistics(row.value, builder);
    });
    return rows ? Result<void>() : Result<void>(rows.error());
  }
  if (is_csv(probe)) {
    Lines lines(input, limits);
    return parse_csv(lines, builder);
  }
  Text text;
  MELISAI_CHECK(each_line(input, limits, [&](std::string_view line) { return text.take(line); }));
  return text.finish(builder);
}

}  // namespace

extern const Format kJmeter;
const Format kJmeter{
    .info = {.name = "jmeter", .tool = "Apache JMeter", .made_by = "jmeter -n -t plan.jmx -l FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
