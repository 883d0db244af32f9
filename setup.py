"""Map the data folder into the installed package; all else stands in pyproject.toml."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["tutor", "tutor.*"]), "tutor.data"],
    package_dir={"tutor.data": "data"},
    package_data={"tutor.data": ["**/*"]},
    include_package_data=False,
)
