select
    comparison,
    level,
    stranger,
    stranger_basis,
    same_person,
    housemate,
    colleague
from `{{ weights }}`
