#include "core/naming/answerer.h"

#include <algorithm>

#include "core/base/units.h"

namespace melisai::naming {

std::string Answerer::answer(std::string_view asked) {
  const std::optional<Request> request = read_request(asked);
  if (!request) return failed_answer({Errc::parse, "not a request"});
  if (request->kind == Request::Kind::problems) return problems_answer(symbolizer_.file_problems());
  const Result<std::string> text =
      request->kind == Request::Kind::names ? names(*request) : line_of(request->place);
  return text ? *text : failed_answer(text.error());
}

Result<std::string> Answerer::names(const Request& request) {
  const flame::Named named = name_stacks(request.collected, request.weight, symbolizer_);
  for (const auto& [frame, place] : named.places) places_end_ = std::max(places_end_, place + 1);
  std::string text = names_answer(named);
  if (text.size() <= kAnswerBytesMax) return text;
  return Error{Errc::limit, "names of stacks take more than " + format_bytes(kAnswerBytesMax)};
}

Result<std::string> Answerer::line_of(symbols::FrameId place) {
  if (place >= places_end_) return Error{Errc::not_found, "no such place was told"};
  MELISAI_TRY(const symbols::SourceLine line, symbolizer_.line_of(place));
  return line_answer(line);
}

}  // namespace melisai::naming
