#pragma once

#include <string>
#include <vector>

namespace lenet::figures {

/// Warns that figures show boxes instead of these characters, and says which package has a font for them.
/// Does nothing if there are none.
void warn_of_boxes(const std::vector<std::string>& characters);

}  // namespace lenet::figures
