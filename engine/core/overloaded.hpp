#pragma once

namespace lenet {

/// Several lambdas as one visitor for std::visit. Where each alternative has an arm and there is no generic
/// one, a new alternative fails to compile until it has one too.
template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

}  // namespace lenet
