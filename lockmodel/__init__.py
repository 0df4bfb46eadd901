"""lockmodel: a deterministic model checker for lock hierarchies.

The way of the data, one direction, a folder a stage:

    spec -> language -> compile -> ir -> engine -> properties -> findings -> report

`lockmodel.check` is the one module that names all the stages.
"""

from lockmodel.language.kernel import *
from lockmodel.language.model import Model as Model
from lockmodel.language.model import Switch as Switch
from lockmodel.language.scenario import Scenario as Scenario
from lockmodel.language.types import *

__version__ = "0.1.0"
