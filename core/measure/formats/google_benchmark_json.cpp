#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "core/base/text.h"
#include "core/measure/formats/google_benchmark_row.h"
#include "core/measure/formats/json_reader.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

// Numbers of a row that are not user counters (reporters of versions 1.5 to 1.9).
constexpr std::array<std::string_view, 10> kOwnNumbers = {"family_index",
                                                          "per_family_instance_index",
                                                          "repetition_index",
                                                          "threads",
                                                          "iterations",
                                                          "cpu_coefficient",
                                                          "real_coefficient",
                                                          "big_o",
                                                          "rms",
                                                          "label"};

/// {"context": {...}, "benchmarks": [ROW, ...]}; a row is flat. Its own handler, because results of
/// a hundred megabytes exist.
class Handler final : public JsonHandler {
 public:
  Handler(const Limits& limits, ReadingsBuilder& builder) : limits_(limits), builder_(builder) {}

  /// What has to wait for all rows.
  Result<void> finish();
  bool has_list() const { return has_list_; }

  Result<void> begin_object() override {
    ++depth_;
    if (depth_ == kRowDepth && in_list_) row_.clear();
    return {};
  }
  Result<void> begin_array() override {
    ++depth_;
    if (depth_ == kListDepth && key_ == "benchmarks") has_list_ = in_list_ = true;
    return {};
  }
  Result<void> end() override {
    const bool is_row = depth_ == kRowDepth && in_list_;
    if (depth_ == kListDepth) in_list_ = false;
    --depth_;
    return is_row ? take_row() : Result<void>();
  }
  Result<void> key(std::string& name) override {
    if (depth_ == 1 || is_in_row()) std::swap(key_, name);
    return {};
  }
  Result<void> string(std::string& text) override;
  Result<void> number(double value) override;
  Result<void> boolean(bool value) override {
    if (is_in_row() && value && (key_ == "error_occurred" || key_ == "skipped") &&
        row_.error.empty())
      row_.error = "reported an error";
    return {};
  }
  Result<void> null() override { return {}; }

 private:
  static constexpr int kListDepth = 2;
  static constexpr int kRowDepth = 3;

  bool is_in_row() const { return in_list_ && depth_ == kRowDepth; }
  Result<void> take_row();

  const Limits& limits_;
  ReadingsBuilder& builder_;
  GoogleRow row_;
  std::vector<GoogleRow> untyped_;          ///< rows of old versions
  std::map<std::string, GoogleRow> means_;  ///< by benchmark, of those without a median so far
  std::string key_;
  int depth_ = 0;
  bool in_list_ = false;
  bool has_list_ = false;
};

Result<void> Handler::take_row() {
  const std::size_t waiting = untyped_.size() + means_.size();
  if (waiting > limits_.readings_max)
    return Error{Errc::limit, "more than " + std::to_string(limits_.readings_max) + " rows"};
  if (!row_.has_type) {
    untyped_.push_back(row_);
    return {};
  }
  if (row_.is_aggregate && row_.aggregate_name == "mean" && row_.error.empty())
    means_.try_emplace(row_.run_name, row_);
  if (row_.is_aggregate && row_.aggregate_name == "median") means_.erase(row_.run_name);
  return add_row(row_, builder_);
}

Result<void> Handler::finish() {
  mark_aggregates(untyped_);
  for (const GoogleRow& row : untyped_) MELISAI_CHECK(add_row(row, builder_));
  for (const auto& [name, row] : means_)
    if (!name.empty()) MELISAI_CHECK(add_values(name, row, builder_));
  return {};
}

Result<void> Handler::string(std::string& text) {
  if (!is_in_row()) return {};
  if (key_ == "name") std::swap(row_.name, text);
  if (key_ == "run_name") std::swap(row_.run_name, text);
  if (key_ == "run_type") {
    row_.has_type = true;
    row_.is_aggregate = text == "aggregate";
  }
  if (key_ == "aggregate_name") std::swap(row_.aggregate_name, text);
  if (key_ == "time_unit") std::swap(row_.time_unit, text);
  if ((key_ == "error_message" || key_ == "skip_message") && !text.empty())
    row_.error = "reported an error: " + text;
  // Tools that rewrite results make texts of numbers.
  if (key_ != "real_time" && key_ != "cpu_time") return {};
  const std::optional<double> time = number_from(text);
  if (!time) return Error{Errc::parse, in_quotes(text) + " is no " + key_};
  return number(*time);
}

Result<void> Handler::number(double value) {
  if (!is_in_row()) return {};
  if (key_ == "real_time")
    row_.real_time = value;
  else if (key_ == "cpu_time")
    row_.cpu_time = value;
  else if (key_ == "repetitions")
    row_.repetitions = value;
  else if (std::find(kOwnNumbers.begin(), kOwnNumbers.end(), key_) == kOwnNumbers.end())
    row_.counters.emplace_back(key_, value);
  return {};
}

}  // namespace

Result<void> parse_google_json(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Handler handler(limits, builder);
  MELISAI_CHECK(read_json(input, limits, handler));
  if (handler.has_list()) return handler.finish();
  return Error{Errc::parse,
               "there is no \"benchmarks\" list; is it written by --benchmark_out_format=json?"};
}

}  // namespace melisai::formats
