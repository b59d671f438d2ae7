#include "models/separation/anderson.hpp"

#include <Eigen/Dense>

namespace gadolin::separation {

std::vector<double> Anderson::mix(const std::vector<double>& x, const std::vector<double>& image,
                                  const std::vector<double>& weight) {
  points_.push_back(x);
  images_.push_back(image);
  if (points_.size() > 6) {
    points_.pop_front();
    images_.pop_front();
  }
  const auto n = static_cast<Eigen::Index>(x.size());
  const auto m = static_cast<Eigen::Index>(points_.size()) - 1;
  if (m == 0 || n == 0) return image;
  const auto as = [n](const std::vector<double>& v) {
    return Eigen::Map<const Eigen::VectorXd>(v.data(), n);
  };
  const auto w = as(weight);
  Eigen::MatrixXd d_residual(n, m), d_image(n, m);
  for (Eigen::Index j = 0; j < m; ++j) {
    const auto a = static_cast<std::size_t>(j), b = a + 1;
    d_image.col(j) = as(images_[b]) - as(images_[a]);
    d_residual.col(j) = (d_image.col(j) - (as(points_[b]) - as(points_[a]))).cwiseProduct(w);
  }
  const Eigen::VectorXd gamma =
      d_residual.colPivHouseholderQr().solve((as(image) - as(x)).cwiseProduct(w));
  const Eigen::VectorXd mixed = as(image) - d_image * gamma;
  return {mixed.data(), mixed.data() + mixed.size()};
}

}  // namespace gadolin::separation
