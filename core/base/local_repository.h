// A repository that is named by a path of this machine: is it there?
#pragma once

#include <string>
#include <string_view>

namespace melisai {

/// Why no git repository can be read where a local path, or a file:// address, leads: "/srv/x does
/// not exist". "" when there is one, when nobody can tell (no permission to look), and of addresses
/// of servers, which are not asked.
std::string local_repository_problem(std::string_view address);

}  // namespace melisai
